"""What an entry of the audit trail says."""

from django.utils.translation import override

from voicestudio.words.audit import describe_entry


def test_changed_retention_counts_its_days() -> None:
    rules = [{"days": 1, "is_automatic": False}, {"days": 2, "is_automatic": True}]
    facts = {"kind": "drafts", "before": rules[0], "after": rules[1]}
    assert describe_entry("retention_changed", facts) == (
        "Retention changed (Drafts of forms): 1 day → 2 days, deleted automatically"
    )


def test_move_names_the_projects_that_are_still_there() -> None:
    facts = {"source": 13, "target": 11}
    assert describe_entry("speaker_moved", facts, {11: "Audiobook"}) == (
        "Speaker moved to another project: 13 → Audiobook"
    )


def test_missing_budget_is_translated() -> None:
    facts = {"budget": "total_budget", "before": "none", "after": "$5.00"}
    with override("de"):
        assert describe_entry("budget_changed", facts) == "Gesamtbudget geändert: keines → $5.00"
