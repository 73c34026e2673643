"""What callers say to the conversation itself: "what was that?", "false alarm", "leave it as it is", "tell Dana that ..."."""

from __future__ import annotations

from typing import Final

from receptionist.understanding.lookup import PhraseTable, phrase_set, word_set

_LONGEST_REQUEST: Final = 9
_FILLERS: Final = word_set("sorry um uh oh i im ok okay ah hmm perdon disculpe ay eh , . ? ! \u00bf \u00a1")
_REPEAT_ALONE: Final = word_set(
    "what huh pardon again repeat excuse como mande que repita repite sorry perdon disculpe me"
)
_REPEAT: Final = phrase_set(
    "repeat that|it|this|them|please|the",
    "say that|it again",
    "say again",
    "one more time",
    "come again",
    "what did|was you|that say|",
    "what was that",
    "what did you just say",
    "what were they|those",
    "what are my options|choices",
    "pardon me",
    "beg your pardon",
    "didnt|cant|couldnt hear|catch|understand you|that|it|",
    "did not hear|catch|understand you|that|it|",
    "puede|podria|me lo|la|las|los| repetir|repite",
    "repitame|repitamelo|repitamela|repetirme",
    "me lo|la|las repite",
    "que|como dijo",
    "como me dijo",
    "otra vez por favor",
    "no le|lo|la|te escuche|entendi|oi|escucho|oigo|entiendo",
    "no escuche|entendi|oi bien|",
)
_OVER: Final = phrase_set(
    "false alarm",
    "its|everythings|alls|were fine|ok|okay|good|fixed now",
    "everything|all is fine|ok|okay|good|fixed",
    "it|its|that|thats|water|smell|smoke|leak has|just|already|finally|is| stopped|gone",
    "it went away",
    "went away",
    "already fixed|stopped|solved|sorted",
    "dont need anyone|anybody|you|it anymore|now|",
    "falsa alarma",
    "ya se|me| paro|quito|arreglo|fue|calmo|compuso",
    "ya esta|estamos todo| bien",
    "ya no hay|huele|sale|gotea|necesito|ocupo",
)
_NOT_OVER: Final = word_set("not hasnt isnt didnt wont cant again still but pero todavia sigue siguen aun yet if")
_KEEP: Final = phrase_set(
    "leave|keep it|that|things|them|mine|the|my as|how|where|alone|",
    "never mind",
    "nevermind",
    "forget it|about|that",
    "dejelo|dejela|dejalo|dejala asi|",
    "mejor no",
    "no le hace",
    "asi esta bien",
    "olvidelo",
)
_WHO: Final = phrase_set(
    "are you a|an|real|human|the|some robot|bot|machine|computer|ai|recording|person|human|real|assistant|answering",
    "are you human|real|ai|automated",
    "is this a|an|the|some robot|bot|machine|computer|ai|recording|real|automated|answering",
    "am i talking|speaking to|with a|an robot|bot|machine|computer|ai|recording|real|human|person",
    "who is this",
    "whos this",
    "who are you",
    "who am i talking|speaking to|with|",
    "con quien hablo",
    "quien habla|es|contesta",
    "es|eres|usted un|una robot|maquina|computadora|grabacion|persona",
    "es usted un|una robot|maquina|computadora|grabacion|persona|real",
    "hablo con un|una robot|maquina|computadora|grabacion|persona",
)
_BYE: Final = word_set("bye goodbye adios")
_BYE_WORDS: Final = _BYE | word_set(
    "ok okay well thanks thank you so much no gracias bueno pues then for now good night day , . !"
)
_TELL: Final[PhraseTable[bool]] = phrase_set(
    "can|could|would|will|please you| please| tell|let",
    "just|please| tell|let",
    "let",
    "digale|dile|avisele|avisale|dele",
    "puede|podria decirle|avisarle",
)


def wants_repeat(norms: tuple[str, ...]) -> bool:
    """Whether the question should be put again: `what?`, `can you say that again`, `\u00bfmande?`."""
    words = tuple(norm for norm in norms if norm not in _FILLERS)
    if not words:
        return any(norm in _REPEAT_ALONE for norm in norms)
    if len(words) <= 2 and _REPEAT_ALONE.issuperset(words):
        return True
    return len(words) <= _LONGEST_REQUEST and _holds(_REPEAT, norms)


def is_over(norms: tuple[str, ...]) -> bool:
    """Whether an emergency is said to be none, or none any more: `false alarm, it stopped`, `ya se par\u00f3`."""
    return _NOT_OVER.isdisjoint(norms) and _holds(_OVER, norms)


def asks_who(norms: tuple[str, ...]) -> bool:
    """Whether somebody asks whom they talk to: `are you a robot`, `who is this`, `\u00bfcon qui\u00e9n hablo?`."""
    return len(norms) <= _LONGEST_REQUEST and _holds(_WHO, norms)


def says_goodbye(norms: tuple[str, ...]) -> bool:
    """Whether nothing but a goodbye is said."""
    return not _BYE.isdisjoint(norms) and _BYE_WORDS.issuperset(norms)


def wants_it_kept(norms: tuple[str, ...]) -> bool:
    """Whether a change is given up and things stay as they are: `actually leave it`, `mejor no`."""
    return _holds(_KEEP, norms)


def tells(norms: tuple[str, ...], owner: tuple[str, ...]) -> bool:
    """Whether somebody is to be told something: `can you tell Dana that ...`, `d\u00edgale a Dana que ...`."""
    for at in range(min(len(norms), 12)):
        found = _TELL.at(norms, at)
        if found is not None:
            following = norms[at + found[1] : at + found[1] + 3]
            if following[:1] == owner[:1] or (following[:1] == ("a",) and following[1:2] == owner[:1]):
                return bool(owner)
            if following[:1] in (("him",), ("her",), ("them",)) and norms[at] != "let":
                return True
    return False


def _holds(table: PhraseTable[bool], norms: tuple[str, ...]) -> bool:
    return any(table.at(norms, at) for at in range(len(norms)))
