"""Legal forms, under the codes of Insee's "catégories juridiques" (level III)."""

import re

from crm.france.letters import without_accents

# French labels are data: they are the official short names, the same in every language of the interface.
LEGAL_FORMS: dict[str, str] = {
    "1000": "EI",
    "2110": "Indivision",
    "2210": "Société créée de fait",
    "2310": "Société en participation",
    "3120": "Société étrangère immatriculée au RCS",
    "5202": "SNC",
    "5306": "SCS",
    "5308": "SCA",
    "5458": "SCOP SARL",
    "5485": "SELARL",
    "5498": "EURL",
    "5499": "SARL",
    "5558": "SCOP SA",
    "5599": "SA",
    "5699": "SA à directoire",
    "5710": "SAS",
    "5720": "SASU",
    "5785": "SELAS",
    "5800": "Société européenne",
    "6220": "GIE",
    "6316": "CUMA",
    "6317": "Société coopérative agricole",
    "6521": "SCPI",
    "6533": "GAEC",
    "6534": "GFA",
    "6540": "SCI",
    "6541": "SCCV",
    "6585": "SCP",
    "6589": "SCM",
    "6597": "SCEA",
    "6598": "EARL",
    "6599": "Société civile",
    "7210": "Commune",
    "7220": "Département",
    "7230": "Région",
    "7344": "Métropole",
    "7346": "Communauté de communes",
    "7348": "Communauté d’agglomération",
    "7361": "CCAS",
    "7410": "GIP",
    "8210": "Mutuelle",
    "9110": "Syndicat de copropriétaires",
    "9150": "Association syndicale libre",
    "9210": "Association non déclarée",
    "9220": "Association déclarée",
    "9230": "Association reconnue d’utilité publique",
    "9240": "Congrégation",
    "9260": "Association de droit local",
    "9300": "Fondation",
}

_OTHER_NAMES = {
    "entreprise individuelle": "1000",
    "entrepreneur individuel": "1000",
    "auto-entrepreneur": "1000",
    "autoentreprise": "1000",
    "micro-entrepreneur": "1000",
    "micro-entreprise": "1000",
    "EIRL": "1000",
    "société en nom collectif": "5202",
    "société en commandite simple": "5306",
    "société en commandite par actions": "5308",
    "SARL unipersonnelle": "5498",
    "entreprise unipersonnelle à responsabilité limitée": "5498",
    "société à responsabilité limitée": "5499",
    "SA à conseil d’administration": "5599",
    "société anonyme": "5599",
    "société par actions simplifiée": "5710",
    "SAS unipersonnelle": "5720",
    "société par actions simplifiée unipersonnelle": "5720",
    "SE": "5800",
    "groupement d’intérêt économique": "6220",
    "société civile immobilière": "6540",
    "société civile professionnelle": "6585",
    "société civile de moyens": "6589",
    "exploitation agricole à responsabilité limitée": "6598",
    "mairie": "7210",
    "copropriété": "9110",
    "syndicat de copropriété": "9110",
    "syndicat des copropriétaires": "9110",
    "ASL": "9150",
    "association": "9220",
    "association loi 1901": "9220",
    "association loi de 1901": "9220",
    "association RUP": "9230",
    "association d’utilité publique": "9230",
    "association de droit local Alsace-Moselle": "9260",
}

# Words that say how an organisation is founded, not what it is called. Foreign ones close a name.
_OPENING_FORMS = frozenset(
    {"EI", "EIRL", "EURL", "SARL", "SARLU", "SELARL", "SELARLU", "SNC", "SCS", "SCA", "SA", "SAS", "SASU"}
    | {"SELAS", "SELASU", "SELAFA", "SCOP", "SCIC", "SCI", "SCM", "SCP", "SCCV", "SCPI", "SCEA", "EARL"}
    | {"GAEC", "GFA", "GIE", "CUMA", "ASSOCIATION", ""}
)
_CLOSING_FORMS = _OPENING_FORMS | {
    "GMBH", "AG", "UG", "KG", "SRL", "SPRL", "BV", "BVBA", "NV", "SPA", "SL", "SLU", "LTD", "LLC", "LLP",
    "PLC", "INC", "CORP", "AB", "OY", "APS", "SRO", "AE",
}  # fmt: skip


def _key(text: str) -> str:
    return re.sub(r"[\W_]", "", without_accents(text)).upper()


_CODES = {_key(label): code for code, label in LEGAL_FORMS.items()}
_CODES |= {_key(name): code for name, code in _OTHER_NAMES.items()}


def parse_legal_form(text: str) -> str:
    """
    The Insee code of a legal form however it is written; '' when it is not a French one.

    >>> parse_legal_form("S.A.S."), parse_legal_form("sarl "), parse_legal_form("GmbH")
    ('5710', '5499', '')
    >>> parse_legal_form("Syndicat de copropriétaires"), parse_legal_form("5499")
    ('9110', '5499')
    """
    key = _key(text)
    return key if key in LEGAL_FORMS else _CODES.get(key, "")


def strip_legal_forms(name: str) -> str:
    """
    The name without the legal forms that open or close it.

    >>> strip_legal_forms("S.A.R.L. Menuiserie du Pont"), strip_legal_forms("Studio Chimère (SAS)")
    ('Menuiserie du Pont', 'Studio Chimère')
    """
    words = name.split()
    while words and _key(words[0]) in _OPENING_FORMS:
        words.pop(0)
    while words and _key(words[-1]) in _CLOSING_FORMS:
        words.pop()
    # "SA" alone is somebody's name: better a short name than none.
    return " ".join(words).rstrip(",-– ") or name.strip()
