"""What an entry of the audit trail says."""

from voicestudio.words.audit import describe_entry


def test_changed_retention_counts_its_days() -> None:
    rules = [{"days": 1, "is_automatic": False}, {"days": 2, "is_automatic": True}]
    facts = {"kind": "drafts", "before": rules[0], "after": rules[1]}
    assert describe_entry("retention_changed", facts) == (
        "Retention of Drafts of forms changed from 1 day to 2 days, deleted automatically"
    )
