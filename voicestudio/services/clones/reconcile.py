"""Finding out: what became of an attempt whose answer was lost. Only a person starts this."""

import logging
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Q
from django.tasks import task
from django.utils import timezone

from voicestudio.minimax import CloneRequest, MiniMaxError, Reason, Refused
from voicestudio.models import AttemptState, CloneAttempt, Event, EventKind
from voicestudio.services.money import limits, prices
from voicestudio.services.paid_calls import audio_download, call_log, leases, provider, rate_limit
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Trouble

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

HELD_AS: Final = (AttemptState.UNKNOWN.value,)


def check(attempt: CloneAttempt, *, by: "User") -> bool:
    """Hand the question to the worker; False if nothing has to be asked, or if it is asked already.

    The worker repeats the request with the same voice ID. "Taken" means that the first one went
    through; success means that it had not, and that the voice is there now. Anything else leaves it
    unknown. Raises `limits.LimitReached`.
    """
    bookkeeping.settle_lapsed()
    limits.check_budget(prices.price_of(attempt))
    with transaction.atomic():
        taken = (
            _free()
            .filter(pk=attempt.pk)
            .update(claim=None, lease_until=leases.lease_end(), enqueued_at=timezone.now())
        )
        if taken:
            Event.objects.create(
                kind=EventKind.CHECKED, person=by, attempt=attempt, voice=attempt.cloned_voice
            )
            ask_provider.enqueue(attempt.pk)
    return bool(taken)


def settle_by_hand(attempt: CloneAttempt, *, worked: bool, note: str, by: "User") -> bool:
    """Write what a person knows from elsewhere; False if it is not unknown any more."""
    bookkeeping.settle_lapsed()
    now = timezone.now()
    with transaction.atomic():
        fresh = _locked(attempt)
        if fresh is None:
            return False
        _end(fresh, worked=worked, trouble="" if worked else Trouble.BY_HAND)
        Event.objects.create(
            kind=EventKind.SETTLED,
            at=now,
            person=by,
            attempt=fresh,
            voice=fresh.cloned_voice,
            note=note.strip(),
            facts={"worked": worked},
        )
    return True


@task()
def ask_provider(pk: int) -> None:
    """The worker's job: the same request once more, because a person has asked for it."""
    run(pk)


def run(pk: int) -> None:
    """Ask, once, and write what can be told from the answer."""
    with leases.held() as claim:
        rows = CloneAttempt.objects.filter(pk=pk, status=AttemptState.UNKNOWN, claim__isnull=True)
        if not rows.update(
            claim=claim, worker=leases.worker, lease_until=leases.lease_end(), retry_at=None
        ):
            return
        attempt = CloneAttempt.objects.with_all_it_needs().get(pk=pk)
        with transaction.atomic():
            attempt.slot_at = None
            turn = rate_limit.reserve_slot(attempt)
            facts: dict[str, Any] = {"slot_at": turn.at} if turn.granted else {}
            if not turn.granted:
                # Its question waits like any other clone call.
                facts = {"claim": None, "retry_at": turn.at, "lease_until": turn.at}
                ask_provider.using(run_after=turn.at).enqueue(pk)
            if not attempt.advance(held_as=HELD_AS, **facts) or not turn.granted:
                return
        try:
            answer = call_log.logged_call(
                attempt,
                "voice_clone",
                lambda: provider.client().clone(
                    _same(attempt), headers=provider.rehearsal(attempt)
                ),
            )
        except MiniMaxError as error:
            _record_no(attempt, error)
        else:
            _record_yes(attempt, answer)


def _record_yes(attempt: CloneAttempt, answer: Any) -> None:
    """The first request had not gone through; the voice is there since now."""
    with transaction.atomic():
        recorded = bookkeeping.record_clone(
            attempt,
            answer,
            held_as=HELD_AS,
            lease_until=leases.lease_end() if answer.demo_audio else None,
        )
        if not recorded:
            transaction.set_rollback(True)
            logger.error("Attempt %s was found out about, but is no longer ours.", attempt.pk)
    if recorded and answer.demo_audio:
        audio_download.fetch(attempt)


def _record_no(attempt: CloneAttempt, error: MiniMaxError) -> None:
    """Taken: the first request went through. Anything else tells nothing about it."""
    taken = isinstance(error, Refused) and error.reason is Reason.TAKEN
    if isinstance(error, Refused) and error.retryable:
        rate_limit.slow_down(attempt, code=error.status_code, retry_after=error.retry_after)
    with transaction.atomic():
        if not attempt.advance(held_as=HELD_AS, calls=attempt.calls, lease_until=None):
            return
        if taken:
            _end(attempt, worked=True, trouble="")


def _end(attempt: CloneAttempt, *, worked: bool, trouble: str) -> None:
    """Ready without a demo, or failed; the caller holds the row."""
    now = timezone.now()
    facts: dict[str, Any] = {"trouble": trouble, "finished_at": now, "lease_until": None}
    if worked:
        voice = bookkeeping.confirm_late(attempt)
        lost = "lost" if attempt.preview_text else ""
        facts |= {"status": AttemptState.READY, "cloned_voice": voice, "audio_trouble": lost}
    else:
        facts |= {"status": AttemptState.FAILED}
    CloneAttempt.objects.filter(pk=attempt.pk).update(**facts)
    for field, value in facts.items():
        setattr(attempt, field, value)
    if not worked:
        bookkeeping.discard_voice(attempt)


def _free() -> Any:
    """Unknown attempts about which nobody is asking at this moment."""
    idle = Q(lease_until__isnull=True) | Q(lease_until__lt=timezone.now())
    return CloneAttempt.objects.filter(idle, status=AttemptState.UNKNOWN)


def _locked(attempt: CloneAttempt) -> CloneAttempt | None:
    rows = CloneAttempt.objects.select_for_update(of=("self",)).filter(
        pk=attempt.pk, status=AttemptState.UNKNOWN
    )
    found = rows.select_related("speaker").first()
    if found is not None:
        # Whoever asks MiniMax at this moment has nothing left to write.
        CloneAttempt.objects.filter(pk=found.pk).update(claim=None, lease_until=None)
        found.claim = None
    return found


def _same(attempt: CloneAttempt) -> CloneRequest:
    """What was sent, as it was sent."""
    sent = attempt.sent or {}
    clip = sent.get("clone_prompt") or {}
    return CloneRequest(
        file_id=sent["file_id"],
        voice_id=sent["voice_id"],
        prompt_audio=clip.get("prompt_audio"),
        prompt_text=clip.get("prompt_text", ""),
        text=sent.get("text", ""),
        model=sent.get("model", ""),
        language_boost=sent.get("language_boost", ""),
        text_validation=sent.get("text_validation", ""),
        accuracy=sent.get("accuracy"),
        noise_reduction=sent.get("need_noise_reduction", False),
        volume_normalization=sent.get("need_volume_normalization", False),
        watermark=sent.get("aigc_watermark", False),
    )
