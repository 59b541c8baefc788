"""Practice: `python -m voicestudio.practice --port N` runs the stand-in without Django."""

from voicestudio.practice.program import main

main()
