"""What the page says, by language. Whatever a campaign words itself stands before this."""

from collections.abc import Mapping

EN: Mapping[str, str] = {
    "comment": "What is the main reason for your score?",
    "send": "Send",
    "optional": "optional",
    "choose": "Your score",
    "thanks_title": "Thank you!",
    "thanks": "Your answer helps us to do better.",
    "change": "Change my answer",
    "no_more": "Please do not ask me again",
    "unknown_title": "We do not know this link",
    "unknown": "Please use the link as it stands in the mail.",
    "closed_title": "This survey is closed",
    "closed": "Thank you for wanting to answer. The time for it is over.",
    "wait_title": "One moment, please",
    "wait": "We could not store your answer just now. It is still below: please press Send again.",
    "wait_get": "The survey is not ready yet. Please load the page again in a moment.",
    "wait_post": "We could not store your answer just now. It is not lost: please press Send in a moment.",
    "question": "How likely are you to recommend us to a friend or colleague?",
    "low": "Not at all likely",
    "high": "Extremely likely",
    "score-missing": "Please choose a number from {low} to {high}.",
    "score-not-valid": "The score must be a whole number from {low} to {high}.",
    "comment-too-long": "The comment may have {limit} characters; this one has {length}.",
}
DE: Mapping[str, str] = {
    "comment": "Was ist der wichtigste Grund für Ihre Bewertung?",
    "send": "Absenden",
    "optional": "freiwillig",
    "choose": "Ihre Bewertung",
    "thanks_title": "Vielen Dank!",
    "thanks": "Ihre Antwort hilft uns, besser zu werden.",
    "change": "Antwort ändern",
    "no_more": "Bitte nicht mehr fragen",
    "unknown_title": "Diesen Link kennen wir nicht",
    "unknown": "Bitte verwenden Sie den Link so, wie er in der E-Mail steht.",
    "closed_title": "Diese Umfrage ist beendet",
    "closed": "Danke, dass Sie antworten wollten. Die Zeit dafür ist vorbei.",
    "wait_title": "Einen Augenblick, bitte",
    "wait": "Ihre Antwort konnte gerade nicht gespeichert werden. Sie steht noch unten: Bitte noch einmal absenden.",
    "wait_get": "Die Umfrage ist noch nicht bereit. Bitte laden Sie die Seite gleich noch einmal.",
    "wait_post": "Ihre Antwort konnte gerade nicht gespeichert werden. Sie ist nicht verloren: Bitte gleich noch einmal absenden.",
    "question": "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?",
    "low": "Sehr unwahrscheinlich",
    "high": "Sehr wahrscheinlich",
    "score-missing": "Bitte wählen Sie eine Zahl von {low} bis {high}.",
    "score-not-valid": "Die Bewertung muss eine ganze Zahl von {low} bis {high} sein.",
    "comment-too-long": "Der Kommentar darf {limit} Zeichen haben; dieser hat {length}.",
}
FR: Mapping[str, str] = {
    "comment": "Quelle est la raison principale de votre note ?",
    "send": "Envoyer",
    "optional": "facultatif",
    "choose": "Votre note",
    "thanks_title": "Merci !",
    "thanks": "Votre réponse nous aide à nous améliorer.",
    "change": "Modifier ma réponse",
    "no_more": "Ne plus me solliciter",
    "unknown_title": "Nous ne connaissons pas ce lien",
    "unknown": "Veuillez utiliser le lien tel qu’il figure dans l’e-mail.",
    "closed_title": "Cette enquête est terminée",
    "closed": "Merci d’avoir voulu répondre. Le délai est écoulé.",
    "wait_title": "Un instant, s’il vous plaît",
    "wait": "Votre réponse n’a pas pu être enregistrée. Elle figure toujours ci-dessous : veuillez l’envoyer à nouveau.",
    "wait_get": "L’enquête n’est pas encore prête. Veuillez recharger la page dans un instant.",
    "wait_post": "Votre réponse n’a pas pu être enregistrée. Elle n’est pas perdue : veuillez l’envoyer dans un instant.",
    "question": "Quelle est la probabilité que vous nous recommandiez à un proche ou à un collègue ?",
    "low": "Pas du tout probable",
    "high": "Extrêmement probable",
    "score-missing": "Veuillez choisir un nombre de {low} à {high}.",
    "score-not-valid": "La note doit être un nombre entier de {low} à {high}.",
    "comment-too-long": "Le commentaire peut compter {limit} caractères ; celui-ci en compte {length}.",
}
ES: Mapping[str, str] = {
    "comment": "¿Cuál es el motivo principal de su puntuación?",
    "send": "Enviar",
    "optional": "opcional",
    "choose": "Su puntuación",
    "thanks_title": "¡Gracias!",
    "thanks": "Su respuesta nos ayuda a mejorar.",
    "change": "Cambiar mi respuesta",
    "no_more": "No volver a preguntarme",
    "unknown_title": "No conocemos este enlace",
    "unknown": "Utilice el enlace tal como aparece en el correo.",
    "closed_title": "Esta encuesta está cerrada",
    "closed": "Gracias por querer responder. El plazo ha terminado.",
    "wait_title": "Un momento, por favor",
    "wait": "No hemos podido guardar su respuesta. Sigue aquí abajo: vuelva a enviarla, por favor.",
    "wait_get": "La encuesta aún no está lista. Vuelva a cargar la página en un momento.",
    "wait_post": "No hemos podido guardar su respuesta. No se ha perdido: envíela de nuevo en un momento.",
    "question": "¿Qué probabilidad hay de que nos recomiende a un amigo o colega?",
    "low": "Nada probable",
    "high": "Muy probable",
    "score-missing": "Elija un número del {low} al {high}.",
    "score-not-valid": "La puntuación debe ser un número entero del {low} al {high}.",
    "comment-too-long": "El comentario puede tener {limit} caracteres; este tiene {length}.",
}
PT: Mapping[str, str] = {
    "comment": "Qual é o principal motivo da sua nota?",
    "send": "Enviar",
    "optional": "opcional",
    "choose": "A sua nota",
    "thanks_title": "Obrigado!",
    "thanks": "A sua resposta ajuda-nos a melhorar.",
    "change": "Alterar a minha resposta",
    "no_more": "Não me perguntem novamente",
    "unknown_title": "Não conhecemos este link",
    "unknown": "Utilize o link tal como está no e-mail.",
    "closed_title": "Este inquérito está encerrado",
    "closed": "Obrigado por querer responder. O prazo terminou.",
    "wait_title": "Um momento, por favor",
    "wait": "Não foi possível guardar a sua resposta. Ela continua abaixo: envie-a novamente, por favor.",
    "wait_get": "O inquérito ainda não está pronto. Recarregue a página dentro de momentos.",
    "wait_post": "Não foi possível guardar a sua resposta. Ela não se perdeu: envie-a novamente dentro de momentos.",
    "question": "Qual é a probabilidade de nos recomendar a um amigo ou colega?",
    "low": "Nada provável",
    "high": "Muito provável",
    "score-missing": "Escolha um número de {low} a {high}.",
    "score-not-valid": "A nota deve ser um número inteiro de {low} a {high}.",
    "comment-too-long": "O comentário pode ter {limit} caracteres; este tem {length}.",
}
AR: Mapping[str, str] = {
    "comment": "ما السبب الرئيسي لتقييمك؟",
    "send": "إرسال",
    "optional": "اختياري",
    "choose": "تقييمك",
    "thanks_title": "شكرًا لك!",
    "thanks": "إجابتك تساعدنا على التحسّن.",
    "change": "تغيير إجابتي",
    "no_more": "يُرجى عدم سؤالي مرة أخرى",
    "unknown_title": "لا نعرف هذا الرابط",
    "unknown": "يُرجى استخدام الرابط كما ورد في الرسالة.",
    "closed_title": "انتهى هذا الاستبيان",
    "closed": "شكرًا لرغبتك في الإجابة. لقد انتهت المهلة.",
    "wait_title": "لحظة من فضلك",
    "wait": "تعذّر حفظ إجابتك الآن. ما زالت موجودة أدناه: يُرجى الضغط على «إرسال» مرة أخرى.",
    "wait_get": "الاستبيان غير جاهز بعد. يُرجى إعادة تحميل الصفحة بعد لحظة.",
    "wait_post": "تعذّر حفظ إجابتك الآن. لم تُفقد: يُرجى الضغط على «إرسال» بعد لحظة.",
    "question": "ما مدى احتمال أن توصي بنا صديقًا أو زميلًا؟",
    "low": "غير محتمل إطلاقًا",
    "high": "محتمل جدًا",
    "score-missing": "يُرجى اختيار رقم من {low} إلى {high}.",
    "score-not-valid": "يجب أن يكون التقييم رقمًا صحيحًا من {low} إلى {high}.",
    "comment-too-long": "يمكن أن يضم التعليق {limit} حرفًا؛ هذا التعليق يضم {length}.",
}
WORDS: Mapping[str, Mapping[str, str]] = {"en": EN, "de": DE, "fr": FR, "es": ES, "pt": PT, "ar": AR}
RIGHT_TO_LEFT = frozenset({"ar"})


def words(*wishes: str | None) -> tuple[str, Mapping[str, str]]:
    """The language and its words, of the first wish that is had; else English."""
    for wish in wishes:
        tag = (wish or "").split("-")[0].lower()
        if tag in WORDS:
            return tag, WORDS[tag]
    return "en", EN


def wishes_in(accept_language: str) -> tuple[str, ...]:
    """The languages of an Accept-Language header, in the order in which browsers write them: the dearest first."""
    return tuple(part.partition(";")[0].strip() for part in accept_language[:200].split(","))
