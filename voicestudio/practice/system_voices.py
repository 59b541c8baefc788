"""Practice, system voices: the usual built-in voices and the pitch at which each one speaks.

Source: provider.md, "What public clients expect of the stand-in".
"""

SYSTEM_VOICES = {
    "male-qn-qingse": ("Young man", 125.0),
    "male-qn-jingying": ("Businessman", 115.0),
    "male-qn-badao": ("Domineering young man", 105.0),
    "male-qn-daxuesheng": ("Student", 130.0),
    "female-shaonv": ("Young woman", 230.0),
    "female-yujie": ("Mature woman", 195.0),
    "female-chengshu": ("Elegant woman", 185.0),
    "female-tianmei": ("Sweet woman", 240.0),
    "presenter_male": ("Presenter, male", 110.0),
    "presenter_female": ("Presenter, female", 200.0),
    "audiobook_male_1": ("Audiobook, male 1", 100.0),
    "audiobook_male_2": ("Audiobook, male 2", 120.0),
    "audiobook_female_1": ("Audiobook, female 1", 190.0),
    "audiobook_female_2": ("Audiobook, female 2", 210.0),
    "English_expressive_narrator": ("Expressive narrator", 110.0),
    "English_radiant_girl": ("Radiant girl", 235.0),
    "English_magnetic_voiced_man": ("Magnetic-voiced man", 95.0),
    "English_compelling_lady1": ("Compelling lady", 190.0),
    "English_Trustworth_Man": ("Trustworthy man", 95.0),
    "English_Graceful_Lady": ("Graceful lady", 200.0),
    "Wise_Woman": ("Wise woman", 180.0),
    "Deep_Voice_Man": ("Deep-voiced man", 85.0),
    "Calm_Woman": ("Calm woman", 195.0),
    "Casual_Guy": ("Casual guy", 120.0),
}
