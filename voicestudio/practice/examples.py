"""Practice, examples: generated recordings for trying out the studio without a file."""

from pathlib import Path

from voicestudio.practice.sound import Sound, encode_wav, normalize_level, silence
from voicestudio.practice.speech import speak

SPEAKERS = {1: ("Ada", 205.0), 2: ("Ben", 105.0), 3: ("Clara", 250.0), 4: ("Dan", 82.0)}
TEXTS = {
    1: """Hello, and welcome. My name is Ada, and this is a recording for practice. I am reading
    it in a quiet room, at the speed at which I usually talk. The window is closed, the phone is
    switched off, and nobody else is speaking. Outside it has rained all morning, but now the sun
    is coming back. Later I will walk down to the market and buy bread, apples and a small piece
    of cheese. On the way home I like to sit by the river for a while and watch the boats. Some of
    them carry sand, some carry people, and one of them sells coffee. It is the best coffee in
    town, or so the captain tells everyone who is willing to listen.""",
    2: """Good afternoon. I am Ben, and I will talk for a little less than a minute. When you
    record a voice, choose a room with curtains and soft chairs, because bare walls throw the
    sound back. Keep the microphone about a hand away from your mouth, and turn your head a little
    to the side. Then tell a story, as if a friend were sitting across the table. Mine is about a
    bicycle. I bought it from a neighbour who had painted it bright yellow. Every child in our
    street knew it, every dog ran after it, and nobody ever tried to steal it. I rode it to work
    for eleven years, through snow and heat, and it never let me down.""",
    3: """Hi there, this is Clara speaking. I work in a library, so I am used to keeping my voice
    calm and clear. People ask me all kinds of questions. Where are the maps? Is there a book about
    bees? Could you read this letter to me, please? I enjoy every single one of them. In the
    evening, when the last visitor has left, I push the trolley along the shelves and put the books
    back in their places. The lamps hum softly, the floor creaks, and the old clock counts the
    minutes. That is my favourite time of the day. Then I lock the door, hang the key on its hook,
    and take the late train home.""",
    4: """This is Dan. I drive a lorry across the mountains, four days a week, and I have plenty of
    time to think. The road begins in the valley, between fields of maize and sunflowers. After an
    hour the forest comes close, and the air turns cool. At the top there is a small inn with a
    green door. The soup is hot, the bread is fresh, and the owner knows the weather better than
    any forecast. From there I can see three countries at once. Going down is slower than going up,
    because a heavy load wants to run. So I take my time, listen to the engine, and arrive safely
    before it gets dark. My daughter waits at the gate. She always asks the same two questions:
    how was the road, and what did you bring me?""",
}


def example(voice: int, folder: Path) -> bytes:
    """Return the WAV of speaker 1 to 4: about 40 s, -20 dBFS, cached in `folder`."""
    path = folder / f"example-{voice}.wav"
    if path.exists():
        return path.read_bytes()
    name, pitch_hz = SPEAKERS[voice]
    text = " ".join(TEXTS[voice].split())
    speech = speak(text, voice_id=f"example-{name}", pitch_hz=pitch_hz, language_boost="English")
    pause = silence(0.3, speech.rate)
    data = encode_wav(normalize_level(Sound(pause + speech.pcm + pause, speech.rate))).data
    part = path.with_suffix(f".{id(data)}.part")
    part.write_bytes(data)
    part.replace(path)
    return data
