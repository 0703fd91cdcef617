"""The kinds of questions of another system, each made into a kind of exercise of ours."""

from collections.abc import Callable, Collection, Mapping, Sequence

from service.exchange.drafts import Draft, Losses, NotTakenError, accepted_of, escaped, key_of
from service.exchange.gap_texts import make_cloze
from service.exchange.markup import as_text
from service.exchange.questions import Choice, Kind, Question
from service.exchange.stock import Stock


def _options(question: Question, right: Collection[Choice], losses: Losses, stock: Stock) -> dict[str, dict[str, str]]:
    """Return the words of each option, by a key made of its text; the order is that of the choices."""
    options: dict[str, dict[str, str]] = {}
    unexplained = 0
    for number, choice in enumerate(question.choices, start=1):
        text, feedback = losses.take(as_text(choice.text)), losses.take(as_text(choice.feedback))
        if not text:
            raise NotTakenError("One of its answers has no text: it may have been a picture.")
        unexplained += not feedback
        is_right = any(choice is one for one in right)
        options[key_of(text, f"option-{number}", options)] = {
            "text": text,
            "feedback": feedback or stock.verdict(is_right),
        }
    if unexplained:
        losses.add(f"remarks on {unexplained} of its answers, where a short one was put that should be replaced")
    return options


def _multichoice(question: Question, losses: Losses, stock: Stock) -> Draft:
    earning = [choice for choice in question.choices if choice.fraction > 0]
    if not earning:
        raise NotTakenError("None of its answers earns anything.")
    if question.has_one_answer or (len(earning) == 1 and len(question.choices) == 2):
        best = max(earning, key=lambda choice: choice.fraction)
        if len(earning) > 1:
            losses.add("marks for more than one answer: the best one alone earns them")
        if not question.has_one_answer:
            losses.add("ticking several answers: there are two, and one is right")
        options = _options(question, [best], losses, stock)
        return _one_answer(options, [*options][_place_of(best, question.choices)])
    others = [choice for choice in question.choices if choice.fraction <= 0]
    if any(len({choice.fraction for choice in choices}) > 1 for choices in (earning, others)):
        losses.add("the weights of its answers: each right one earns the same, each wrong one takes the same")
    options = _options(question, earning, losses, stock)
    right = [[*options][_place_of(choice, question.choices)] for choice in earning]
    model = "\n".join(f"- {escaped(options[key]['text'])}" for key in right)
    structure = {"options": [*options], "answers": right}
    return Draft("several-answers", structure, {"options": options}, model, is_whole=False)


def _place_of(wanted: Choice, choices: Sequence[Choice]) -> int:
    return next(place for place, choice in enumerate(choices) if choice is wanted)


def _one_answer(options: dict[str, dict[str, str]], answer: str) -> Draft:
    structure = {"options": [*options], "answer": answer}
    return Draft("one-answer", structure, {"options": options}, escaped(options[answer]["text"]))


def _true_false(question: Question, losses: Losses, stock: Stock) -> Draft:
    options = {}
    for choice in question.choices:
        key = "true" if choice.text.text.strip().lower() == "true" else "false"
        feedback = losses.take(as_text(choice.feedback))
        options[key] = {"text": stock.true_or_false(key), "feedback": feedback or stock.verdict(choice.fraction > 0)}
    answer = next((c.text.text.strip().lower() for c in question.choices if c.fraction > 0), "")
    if set(options) != {"true", "false"} or answer not in options:
        raise NotTakenError("It does not say whether it is true or false.")
    return _one_answer({key: options[key] for key in ("true", "false")}, answer)


def _matching(question: Question, losses: Losses, stock: Stock) -> Draft:
    items: dict[str, dict[str, str]] = {}
    matches: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for asked, match in question.pairs:
        text, match_text = losses.take(as_text(asked)), losses.take(as_text(match))
        if not match_text:
            raise NotTakenError("One of its matches has no text.")
        known = {found: key for key, found in matches.items()}
        match_key = known.get(match_text) or key_of(match_text, f"match-{len(matches) + 1}", matches)
        matches[match_key] = match_text
        if text:
            item = key_of(text, f"item-{len(items) + 1}", items)
            pairs[item] = match_key
            items[item] = {"text": text, "feedback": f"{text}: {match_text}"}
    extra = [key for key in matches if key not in pairs.values()]
    structure = {"pairs": pairs} | ({"extra": extra} if extra else {})
    model = "\n".join(f"- {escaped(items[item]['text'])}: {escaped(matches[match])}" for item, match in pairs.items())
    return Draft("matching", structure, {"items": items, "matches": matches}, model, is_whole=False)


def _ordering(question: Question, losses: Losses, stock: Stock) -> Draft:
    items: dict[str, dict[str, str]] = {}
    for number, choice in enumerate(question.choices, start=1):
        text = losses.take(as_text(choice.text))
        items[key_of(text, f"item-{number}", items)] = {"text": text, "feedback": stock.place(number)}
    model = "\n".join(f"{number}. {escaped(item['text'])}" for number, item in enumerate(items.values(), start=1))
    return Draft("order", {"items": [*items]}, {"items": items}, model, is_whole=False)


def _written(question: Question, losses: Losses, stock: Stock) -> Draft:
    """A question with one short answer is a text with one gap."""
    right = [choice for choice in question.choices if choice.fraction == 100]
    if len(right) < len(question.choices):
        losses.add("answers that earn less than all, and remarks on them")
    accepted = list(accepted_of(right, is_number=question.kind is Kind.NUMERICAL, losses=losses))
    if not accepted:
        raise NotTakenError("None of its answers earns full marks and can be written in letters or digits.")
    feedback = next((losses.take(as_text(choice.feedback)) for choice in right if choice.feedback), "")
    words = {"text": "[answer]", "gaps": {"answer": {"feedback": feedback or stock.accepted(accepted[0])}}}
    structure = {"gaps": {"answer": {"accepted": {stock.language: accepted}}}}
    return Draft("fill-the-gap", structure, words, escaped(accepted[0].replace("*", "")))


def _essay(question: Question, losses: Losses, stock: Stock) -> Draft:
    least = min(max(question.least_words, 1), 500)
    losses.add("a rubric: one line was put there that should be replaced")
    structure = {"words": least, "rubric": ["on-the-question"], "needs_review": True}
    return Draft("long-text", structure, {"rubric": {"on-the-question": stock.rubric}}, stock.no_model)


MAKERS: Mapping[Kind, Callable[[Question, Losses, Stock], Draft]] = {
    Kind.MULTICHOICE: _multichoice,
    Kind.TRUE_FALSE: _true_false,
    Kind.MATCHING: _matching,
    Kind.ORDERING: _ordering,
    Kind.SHORT_ANSWER: _written,
    Kind.NUMERICAL: _written,
    Kind.ESSAY: _essay,
    Kind.CLOZE: make_cloze,
}
"""What makes an exercise of each kind; raises NotTakenError."""
