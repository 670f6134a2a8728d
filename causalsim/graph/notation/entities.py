"""Signs as entities: ``&#233;`` in GML, ``#233;`` in Mermaid."""

import html
import re

_PLAIN = re.compile(r"[ !$'-:=?-\[\]-_a-z|~]")


def escaped(text: str, opening: str) -> str:
    """A text with every sign that is not plain ASCII, or that could mean something, as a number.

    >>> escaped('say "é"', "&")
    'say &#34;&#233;&#34;'
    """
    start = opening if opening.endswith("#") else f"{opening}#"
    return "".join(sign if _PLAIN.match(sign) else f"{start}{ord(sign)};" for sign in text)


def unescaped(text: str, opening: str) -> str:
    """A text with its entities, by number or by name, as what they stand for.

    >>> unescaped("say #34;hi#34; #1", "#"), unescaped("a &lt; b", "&")
    ('say "hi" #1', 'a < b')
    """
    number = re.escape(opening if opening.endswith("#") else f"{opening}#")

    def said(match: re.Match[str]) -> str:
        if match[1]:
            code = int(match[1])
            valid = code < 0x110000 and not 0xD800 <= code < 0xE000
            return chr(code) if valid else match[0]
        entity = f"&{match[2]};"
        return html.unescape(entity) if html.unescape(entity) != entity else match[0]

    return re.sub(rf"{number}(\d{{1,7}});|{re.escape(opening)}(\w{{1,30}});", said, text)
