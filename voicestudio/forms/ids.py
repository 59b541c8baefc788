"""Forms: ids of rows as they come in addresses and hidden fields."""

from voicestudio.models import LARGEST_ID


def parse_id(text: str) -> int | None:
    """The id that `text` holds in ASCII digits; None if no row can have it (64 bits)."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None


def parse_page_number(text: str) -> int:
    """A page number, from 1; 1 if `text` is not one."""
    number = parse_id(text) or 1
    return min(number, 10**8)
