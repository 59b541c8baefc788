"""Example team: people, projects and data that show in practice mode what roles do."""

from .access import PracticeOnly, example_people, is_shown
from .creation import show_team
from .looks import end_look, find_person, role_names, start_look
from .removal import TeamRefused, remove_team

__all__ = [
    "PracticeOnly",
    "TeamRefused",
    "end_look",
    "example_people",
    "find_person",
    "is_shown",
    "remove_team",
    "role_names",
    "show_team",
    "start_look",
]
