def fill_and_send(page, email: str, password: str) -> None:
    page.goto("/admin/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")


def test_the_administrator_signs_in_with_an_e_mail_in_any_case(page, transactional_db, administrator):
    fill_and_send(page, "Admin@Example.org", "correct-horse-battery")
    page.wait_for_selector("#content")
    assert page.url.endswith("/admin/")


def test_a_wrong_password_is_told_and_opens_nothing(page, transactional_db, administrator):
    fill_and_send(page, "admin@example.org", "not-the-password")
    page.wait_for_selector(".say-error")
    assert "/espace/connexion/" in page.url


def test_the_sign_in_page_is_usable_on_a_telephone(page, transactional_db, overflow):
    page.goto("/espace/connexion/")
    assert overflow(page) == 0


def test_the_sign_in_page_has_no_barrier(page, transactional_db, axe):
    page.goto("/espace/connexion/")
    assert axe(page) == []


def test_the_home_page_of_the_staff_opens_without_trouble(staff_page):
    staff_page.goto("/admin/")
    assert staff_page.title() != ""
