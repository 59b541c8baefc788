"""Forms: what a person may send. Fields, labels, help, validation; no writes, no provider."""

from .attempts import CloneForm
from .recordings import FileIdForm, UploadForm

__all__ = ["CloneForm", "FileIdForm", "UploadForm"]
