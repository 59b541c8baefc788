"""What counts as a wrong name in the printed tables."""

from pathlib import Path

from tests.evaluation.cases import Case, unspoiled_cases
from tests.evaluation.clips import Clip
from tests.evaluation.defects import DEFECTS
from tests.evaluation.prompts import Speaker
from tests.evaluation.reports import Checked
from tests.evaluation.tables import own_codes, verdict_changes, wrong_names
from tests.evaluation.truth import Truth
from voicestudio.audio.results import Finding, Report


def _clip(name: str, decay_s: float = 0.2) -> Clip:
    speaker = Speaker(name, name, "en", "package", "MIT")
    truth = Truth(50.0, 8000.0, 0.0, -20.0, 120.0, 99.0, decay_s, 0.2, 5.0)
    return Clip(name, f"{Path(name)}.wav", speaker, "tuning", 25.0, "", [], 0.0, truth)


def _checked(case: Case, *codes: str) -> Checked:
    findings = [Finding(code, 0.0, 1.0, 1.0, 1) for code in codes]
    return Checked(case, Report("usable" if codes else "good", findings))


def test_finding_of_unspoiled_clip_is_no_wrong_name() -> None:
    hum = next(defect for defect in DEFECTS if defect.code == "hum")
    spoiled = Case(_clip("anna"), hum)
    (unspoiled,) = unspoiled_cases([spoiled])

    own = own_codes([_checked(unspoiled, "dropouts")])
    assert wrong_names(_checked(spoiled, "hum", "dropouts", "echo"), own) == {"echo"}


def test_verdicts_of_one_speaker_are_compared_where_the_truth_is_the_same() -> None:
    dry, echoing = _clip("anna"), _clip("anna", decay_s=0.6)
    other = _clip("bela")
    clean = [
        _checked(Case(dry)),
        _checked(Case(dry), "noisy"),
        _checked(Case(dry), "hum"),
        _checked(Case(echoing), "echo"),
        _checked(Case(other)),
    ]

    assert verdict_changes(clean) == (1, 2)
