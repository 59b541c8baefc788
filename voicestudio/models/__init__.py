"""Models: columns, constraints, states and querysets; no HTTP, no forms, no provider."""

from .access import Access, ProjectLabel, access_of
from .addresses import fold_address, select_address
from .attempt_states import AttemptState
from .attempts import CloneAttempt
from .audit import AuditChain, AuditEntry, KnownSettings, ObjectKind, Verb, Way
from .budget_mails import BudgetMail
from .charges import Allowance, Charge, ChargeKind, month_of
from .drafts import Draft, DraftFile, EndedSignIn
from .events import Event, EventKind, Reminder
from .invitations import Invitation
from .list_kinds import SELECTABLE, ListKind
from .machines import Machine, MachinePart
from .members import Membership, Role
from .notes import Note
from .paid_call_queryset import CallStatus
from .paid_calls import PaidCall
from .people import Person, Theme, is_example, language_of
from .permissions import Action, RoleName
from .person_names import display_name, display_name_column
from .projects import Colour, Project
from .provider_files import ProviderFile
from .rate_limits import CallKind, RateLimit
from .recordings import AudioFile, Origin, Purpose, Verdict
from .retention import RetentionKind, RetentionRule
from .search import LARGEST_ID
from .sign_ins import SignIn
from .speakers import Speaker
from .speeches import Format, Speech, SpeechPurpose, SpeechState
from .studio import Studio
from .throttles import Throttle, ThrottledForm
from .timed_signer import SharedClockSigner
from .voices import Source, Tag, Voice, VoiceState
from .workers import Worker

__all__ = [
    "LARGEST_ID",
    "SELECTABLE",
    "Access",
    "Action",
    "Allowance",
    "AttemptState",
    "AudioFile",
    "AuditChain",
    "AuditEntry",
    "BudgetMail",
    "CallKind",
    "CallStatus",
    "Charge",
    "ChargeKind",
    "CloneAttempt",
    "Colour",
    "Draft",
    "DraftFile",
    "EndedSignIn",
    "Event",
    "EventKind",
    "Format",
    "Invitation",
    "KnownSettings",
    "ListKind",
    "Machine",
    "MachinePart",
    "Membership",
    "Note",
    "ObjectKind",
    "Origin",
    "PaidCall",
    "Person",
    "Project",
    "ProjectLabel",
    "ProviderFile",
    "Purpose",
    "RateLimit",
    "Reminder",
    "RetentionKind",
    "RetentionRule",
    "Role",
    "RoleName",
    "SharedClockSigner",
    "SignIn",
    "Source",
    "Speaker",
    "Speech",
    "SpeechPurpose",
    "SpeechState",
    "Studio",
    "Tag",
    "Theme",
    "Throttle",
    "ThrottledForm",
    "Verb",
    "Verdict",
    "Voice",
    "VoiceState",
    "Way",
    "Worker",
    "access_of",
    "display_name",
    "display_name_column",
    "fold_address",
    "is_example",
    "language_of",
    "month_of",
    "select_address",
]
