"""What the page says, by language."""

from collections.abc import Mapping

EN: Mapping[str, str] = {
    "comment": "What is the main reason for your score?",
    "send": "Send",
    "optional": "optional",
    "choose": "Your score",
    "thanks_title": "Thank you!",
    "thanks": "Your answer helps us to do better.",
    "change": "Change my answer",
    "unknown_title": "We do not know this link",
    "unknown": "Please use the link as it stands in the mail.",
    "closed_title": "This survey is closed",
    "closed": "Thank you for wanting to answer. The time for it is over.",
    "wait_title": "One moment, please",
    "wait": "We could not store your answer just now. It is still below: please press Send again.",
    "wait_get": "The survey is not ready yet. Please load the page again in a moment.",
    "question": "How likely are you to recommend us to a friend or colleague?",
    "low": "Not at all likely",
    "high": "Extremely likely",
}
DE: Mapping[str, str] = {
    "comment": "Was ist der wichtigste Grund für Ihre Bewertung?",
    "send": "Absenden",
    "optional": "freiwillig",
    "choose": "Ihre Bewertung",
    "thanks_title": "Vielen Dank!",
    "thanks": "Ihre Antwort hilft uns, besser zu werden.",
    "change": "Antwort ändern",
    "unknown_title": "Diesen Link kennen wir nicht",
    "unknown": "Bitte verwenden Sie den Link so, wie er in der E-Mail steht.",
    "closed_title": "Diese Umfrage ist beendet",
    "closed": "Danke, dass Sie antworten wollten. Die Zeit dafür ist vorbei.",
    "wait_title": "Einen Augenblick, bitte",
    "wait": "Ihre Antwort konnte gerade nicht gespeichert werden. Sie steht noch unten: Bitte noch einmal absenden.",
    "wait_get": "Die Umfrage ist noch nicht bereit. Bitte laden Sie die Seite gleich noch einmal.",
    "question": "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?",
    "low": "Sehr unwahrscheinlich",
    "high": "Sehr wahrscheinlich",
}
_WORDS = {"en": EN, "de": DE}


def words(*wishes: str | None) -> tuple[str, Mapping[str, str]]:
    """The language and its words, of the first wish that is had; else English."""
    for wish in wishes:
        tag = (wish or "").split("-")[0].lower()
        if tag in _WORDS:
            return tag, _WORDS[tag]
    return "en", EN
