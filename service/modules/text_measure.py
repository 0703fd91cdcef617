"""How wide words are, roughly, before anything shows them: a little too wide rather than too narrow.

Every reader's system has its own face. The shares below are those of the wide ones among the faces of base.css.
"""

from collections.abc import Sequence

_NARROW = frozenset("ijlI|!.,:;'’`()[]ft r־-\u05d5\u05d6\u05d9\u05df׳")
_WIDE = frozenset("mwMW@%—–")
_BOLD = 1.08


def width_of(text: str, size: float, is_bold: bool = False) -> float:
    """Return the width of one line of `text`, in the unit of `size`, the height of its letters."""
    return sum(map(_share, text)) * size * (_BOLD if is_bold else 1)


def _share(letter: str) -> float:
    if letter in _NARROW:
        return 0.36
    if letter in _WIDE:
        return 0.9
    return 0.7 if letter.isupper() else 0.58


def broken(text: str, width: float, lines: int, size: float, is_bold: bool = False) -> Sequence[str] | None:
    """Return `text` in as few lines as it needs, at most `lines`, each at most `width`; None if it does not fit.

    A no-break space keeps words together. The lines are about equally long.
    """
    words = text.split(" ")
    for count in range(1, lines + 1):
        narrowest = next(
            (found for share in range(10, 21) if (found := _filled(words, width * share / 20, count, size, is_bold))),
            None,
        )
        if narrowest:
            return narrowest
    return None


def _filled(words: Sequence[str], width: float, lines: int, size: float, is_bold: bool) -> list[str] | None:
    filled = [words[0]]
    for word in words[1:]:
        if width_of(f"{filled[-1]} {word}", size, is_bold) <= width:
            filled[-1] += f" {word}"
        else:
            filled.append(word)
    fits = len(filled) <= lines and all(width_of(line, size, is_bold) <= width for line in filled)
    return filled if fits else None
