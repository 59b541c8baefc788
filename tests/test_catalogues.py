"""Every catalogue of the repository is up to date, complete and without faults."""

import pytest
from babel.messages import Catalog

from voicestudio.management import catalogues


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """All texts of sources and templates."""
    return catalogues.extract_texts()


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_catalogue_has_no_fault(language: str) -> None:
    assert [*catalogues.find_faults(catalogues.read_catalogue(language))] == []


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_catalogue_has_all_texts(language: str, texts: Catalog) -> None:
    def keys(catalogue: Catalog) -> set[tuple[object, str | None]]:
        return {(message.id, message.context) for message in catalogue if message.id}

    assert keys(catalogues.read_catalogue(language)) == keys(texts)
