"""A person with a browser, a mailbox and an app for one-time codes."""

import base64
import http.cookies
import re
import subprocess
import time

from harness import Client, wait_until

SESSION = "__Host-winnow"
DEVICE = "__Host-winnow-device"
OURS = {"Sec-Fetch-Site": "same-origin", "Winnow-CSRF": "1"}
STEP = 30  # seconds of a one-time code
PROXIED = "listen:\n  customer:\n    trusted_proxies: [\"127.0.0.1\"]\n"


def code_of(secret, at):
    """By a program that is not ours."""
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
    return subprocess.run(["oathtool", "--totp", "--base32", f"--now={when}", secret], check=True, capture_output=True,
                          text=True).stdout.strip()


class App:
    """Gives each code once, as the server takes them: of the step before, of this one, of the next."""

    def __init__(self, secret):
        self.secret = secret
        self.last = 0

    def code(self):
        def fresh():
            step = int(time.time()) // STEP
            return max(step - 1, self.last + 1) if self.last < step + 1 else None

        self.last = wait_until(fresh, "a code that was not used", 3 * STEP)
        return code_of(self.secret, self.last * STEP + 1)


class Mailbox:
    def __init__(self, receiver, address):
        self.receiver = receiver
        self.address = address
        self.read = 0

    def mails(self):
        return [mail for receivers, mail in list(self.receiver.messages) if self.address in receivers]

    def next(self):
        mail = wait_until(lambda: self.mails()[self.read:self.read + 1], f"a mail to {self.address}")[0]
        self.read += 1
        return mail

    def token(self, page):
        """Of the link in the next mail that has one to that page."""
        while True:
            text = text_of(self.next())
            if found := re.search(rf"/{page}#t=([\w-]{{43}})", text):
                return found[1]


def text_of(mail):
    part = next(each for each in mail.walk() if each.get_content_type() == "text/plain")
    return part.get_payload(decode=True).decode(part.get_content_charset() or "utf-8")


class Browser:
    """Keeps cookies as a browser does, and says of each request where it comes from. Each has an address of its own where
    the instance believes a proxy on this machine (`PROXIED`)."""

    made = 0

    def __init__(self, ready, headers=None):
        Browser.made += 1
        self.address = f"198.51.{100 + Browser.made // 250}.{1 + Browser.made % 250}"
        self.client = Client(ready["customer_url"], ready["ca_file"])
        self.cookies = {}
        self.headers = OURS if headers is None else headers

    def call(self, method, path, body=None, headers=None, **cookies):
        jar = {**self.cookies, **cookies}
        sent = {"X-Forwarded-For": self.address, **self.headers, **(headers or {})}
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items() if value)
        answer = self.client.call(method, path, body, headers=sent)
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def close(self):
        self.client.close()


class Person:
    """Was invited by an admin, and does what people do."""

    def __init__(self, world, address, role="viewer", tenant=0):
        self.world = world
        self.address = address
        self.code = world.instance.ready["tenants"][tenant]["service_code"]
        self.admin = world.instance.user("admin", tenant)
        self.mailbox = Mailbox(world.mail, address)
        self.browser = Browser(world.instance.ready)
        self.password = "correct horse, no battery " + base64.b32encode(address.encode()).decode()[:8]
        self.app = None
        self.recovery_codes = []
        made = self.admin.post("/api/v1/users", {"email": address, "name": address.partition("@")[0], "role": role,
                                                 "state": "invited"})
        assert made.status == 201, made.body
        self.id = made.json()["id"]

    def accept(self):
        return self.browser.post("/auth/invitations/accept", {"token": self.mailbox.token("accept"), "name": "Pat",
                                                              "password": self.password})

    def sign_in(self, browser=None, password=None):
        return (browser or self.browser).post("/auth/sign-in", {"service_code": self.code, "email": self.address,
                                                                "password": password or self.password})

    def enrol(self):
        """The answer to the first code."""
        made = self.browser.post("/api/v1/me/factors", {"kind": "totp"})
        assert made.status == 201, made.body
        self.app = App(made.json()["secret"])
        answer = self.browser.post(f"/api/v1/me/factors/{made.json()['id']}/confirm", {"code": self.app.code()})
        if answer.status == 200:
            self.recovery_codes += answer.json()["recovery_codes"]
        return answer
