"""What a file may bring about formules and subscriptions, and under which headings."""

from django.utils.translation import gettext_lazy as _

from crm.exchange.importing import columns as read
from crm.exchange.importing.client_columns import identifier
from crm.exchange.importing.columns import Column, label_of
from crm.products.models import BillingPeriod, Plan, Subscription

PERIODS = {
    "monthly": ("mensuelle", "mensuel", "monthly"),
    "quarterly": ("trimestrielle", "trimestriel", "trimestre", "quarterly"),
    "half_yearly": ("semestrielle", "semestriel", "semestre", "half-yearly"),
    "yearly": ("annuelle", "annuel", "yearly"),
}
SHORT_PERIODS = {
    "monthly": ("M", "mois", "par mois", "1 mois"),
    "quarterly": ("T", "3 mois", "par trimestre"),
    "half_yearly": ("S", "6 mois", "par semestre"),
    "yearly": ("A", "an", "année", "par an", "12 mois", "1 an"),
}
RENEWALS = {
    "none": ("Non renouvelée", "Sans renouvellement", "Aucune", "Not renewed"),
    "on_request": ("Renouvelée sur demande", "Sur demande", "Expresse", "Renewed on request"),
    "tacit": (
        "Tacitement reconduite",
        "Reconduction tacite",
        "Tacite reconduction",
        "Tacite",
        "Tacitly renewed",
    ),
}


def show_period(value: str) -> str:
    return PERIODS[value][0]


def _priced(model: type[Plan] | type[Subscription], *, is_required: bool) -> list[Column]:
    return [
        Column("price_excl_tax", label_of(model, "price_excl_tax"), read.amount, ("Prix HT", "Montant HT", "Tarif HT", "HT"),
               show=read.show_amount, is_required=is_required),
        Column("vat_rate", label_of(model, "vat_rate"), read.rate, ("Taux TVA", "Taux de TVA", "TVA", "TVA %"),
               show=read.show_rate),
        Column("vat_exemption_reason", label_of(model, "vat_exemption_reason"), read.text(160),
               ("Motif d'exonération", "Motif exonération")),
        Column("billing_period", label_of(model, "billing_period"),
               read.choice(PERIODS, SHORT_PERIODS, ours=BillingPeriod, is_listed=True),
               ("Facturation", "Périodicité", "Type de facturation", "Période"), show=show_period),
    ]  # fmt: skip


PLAN = [
    Column("name", label_of(Plan, "name"), read.text(80), ("Formule", "Nom de la formule", "Libellé", "Nom"),
           is_required=True),
    Column("description", label_of(Plan, "description"), read.text(20_000, is_multiline=True), ("Description", "Descriptif")),
    *_priced(Plan, is_required=False),
    Column("duration_months", label_of(Plan, "duration_months"), read.whole(1, 120), ("Durée", "Durée (mois)", "Durée en mois")),
    Column("renewal", label_of(Plan, "renewal"), read.choice(RENEWALS, ours=Plan.Renewal), ("Renouvellement", "Reconduction"),
           show=lambda value: RENEWALS[value][0]),
    Column("notice_months", label_of(Plan, "notice_months"), read.whole(0, 24), ("Préavis", "Préavis (mois)")),
    Column("is_on_sale", label_of(Plan, "is_on_sale"), read.boolean, ("En vente",), show=read.show_yes_no),
]  # fmt: skip
SUBSCRIPTION = [
    Column("client", label_of(Subscription, "client"), identifier, ("N° client", "Code client", "Numéro", "Client number",
           "Référence client", "N° adhérent", "Identifiant", "Référence externe")),
    Column("client_email", _("E-mail of the client"), read.email, ("E-mail client", "E-mail", "Adresse e-mail", "E-mail du client", "Email payeur")),
    Column("client_siret", _("SIRET of the client"), read.written, ("SIRET client", "SIRET", "N° SIRET", "SIRET du client")),
    Column("plan", label_of(Subscription, "plan"), read.text(), ("Formule", "Abonnement", "Tarif", "Nom de la formule"), is_required=True),
    Column("subscribed_on", label_of(Subscription, "subscribed_on"), read.day(is_future_ok=True),
           ("Date de souscription", "Souscrite le", "Date de début", "Début", "Souscription", "Souscrit le"),
           show=read.show_day, is_required=True),
    Column("ends_on", label_of(Subscription, "ends_on"), read.day(is_future_ok=True),
           ("Date de fin", "Fin du service", "Fin", "Échéance", "Date d'échéance", "Finit le"), show=read.show_day,
           is_required=True),
    Column("description", label_of(Subscription, "description"), read.text(20_000, is_multiline=True), ("Description", "Descriptif")),
    Column("origin", label_of(Subscription, "origin"), read.text(80), ("Origine", "Provenance")),
    *_priced(Subscription, is_required=True),
    Column("price_incl_tax", label_of(Subscription, "price_incl_tax"), read.amount,
           ("Prix TTC", "Montant TTC", "TTC", "Montant tarif"), show=read.show_amount),
    Column("not_renewed_on", label_of(Subscription, "not_renewed_on"), read.day(), show=read.show_day),
    Column("cancelled_on", label_of(Subscription, "cancelled_on"), read.day(is_future_ok=True), ("Résiliée le",),
           show=read.show_day),
    Column("stop_reason", label_of(Subscription, "stop_reason"), read.text(160), ("Motif de fin",)),
]  # fmt: skip
