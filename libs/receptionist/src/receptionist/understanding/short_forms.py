"""What stands behind the short forms of English (folded, without their apostrophe): `dont` is `do not`."""

from __future__ import annotations

from typing import Final

SHORT_FORMS: Final[dict[str, tuple[str, ...]]] = {
    short: tuple(long.split())
    for short, long in {
        "im": "i am",
        "ive": "i have",
        "id": "i would",
        "ill": "i will",
        "youre": "you are",
        "youve": "you have",
        "youd": "you would",
        "youll": "you will",
        "weve": "we have",
        "wed": "we would",
        "theyre": "they are",
        "hes": "he is",
        "shes": "she is",
        "its": "it is",
        "thats": "that is",
        "theres": "there is",
        "whats": "what is",
        "whens": "when is",
        "wheres": "where is",
        "whos": "who is",
        "hows": "how is",
        "whatd": "what did",
        "whatll": "what will",
        "lets": "let us",
        "dont": "do not",
        "doesnt": "does not",
        "didnt": "did not",
        "isnt": "is not",
        "aint": "is not",
        "arent": "are not",
        "wasnt": "was not",
        "werent": "were not",
        "cant": "can not",
        "cannot": "can not",
        "couldnt": "could not",
        "wont": "will not",
        "wouldnt": "would not",
        "havent": "have not",
        "hasnt": "has not",
        "gonna": "going to",
        "wanna": "want to",
        "gotta": "got to",
        "lemme": "let me",
        "gimme": "give me",
        "em": "them",
        "nobodys": "nobody is",
        "somebodys": "somebody is",
    }.items()
}
