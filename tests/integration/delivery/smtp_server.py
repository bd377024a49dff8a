"""A real SMTP server (aiosmtpd) for one test: prints its port, then each mail as one line of JSON; ends with its
standard input."""

import argparse
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("--certificate")
arguments.add_argument("--key")
arguments.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
arguments.add_argument("--login", help="user:password, which is then required")
arguments.add_argument("--receiver-reply", help="instead of 250 to RCPT TO")
arguments.add_argument("--message-reply", help="instead of 250 after the text")
options = arguments.parse_args()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if options.receiver_reply:
            return options.receiver_reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if options.message_reply:
            return options.message_reply
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "content": base64.b64encode(envelope.content).decode(),
            "tls": session.ssl is not None or options.tls == "implicit",
            "user": session.auth_data.login.decode() if session.authenticated else "",
            "peer": session.peer[1],
        }
        print(json.dumps(mail), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = f"{data.login.decode()}:{data.password.decode()}" == options.login
    return AuthResult(success=good, auth_data=data) if good else AuthResult(success=False, handled=False)


async def main():
    context = None
    if options.tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)

    def make_session():
        return SMTP(
            Handler(),
            hostname="mail.test",
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            authenticator=authenticate if options.login else None,
            auth_required=bool(options.login),
            auth_require_tls=options.tls == "starttls",
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make_session, "127.0.0.1", 0, ssl=context if options.tls == "implicit" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
