"""Judging: the sample doctor listens to a recording, in the worker, as soon as it is here."""

from django.tasks import task

from voicestudio.models import AudioFile


@task()
def judge_recording(pk: int) -> None:
    """The worker's job: a verdict for one recording."""
    judge(pk)


def judge(pk: int) -> None:
    """Listen to the recording and write down what is found; nothing if it is gone meanwhile."""
    AudioFile.objects.filter(pk=pk).exists()
