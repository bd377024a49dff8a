"""docs/security/cryptography.md and the ports of docs/security.md, compared with the code and the configuration."""

import os
import re
import unittest

import security_pages as pages
import yaml
from ninja_build import Build

# What is called and chooses no algorithm: contexts made and freed, data handed over, results taken.
PLUMBING = re.compile(r"\w+(_free|_new|Init_ex2?|Update|Final(_ex)?|_ctrl|_set_padding|EncodeBlock|DecodeBlock)$")

# Every function of OpenSSL that may choose one, wherever it would be called; libcurl's word for TLS; the standard
# library's dice. A call that is none of these families is none of cryptography.
CALLS = re.compile(r"\b(EVP_\w+|HMAC\w*|CMAC\w*|SHA\d\w*|MD[245]\w*|RIPEMD\w*|BLAKE2\w*|AES_\w+|DES_\w+|RC[245]_\w+|BF_\w+|"
                   r"RSA_\w+|DSA_\w+|DH_\w+|EC(DSA|DH|_KEY)_\w+|PKCS\w+|RAND_\w+|CRYPTO_memcmp|X509_sign\w*|argon2\w*_ctx|"
                   r"SSL_CTX_set_(cipher\w*|min_proto_version|max_proto_version)|SSL_CTX_set1_(groups|curves|sigalgs)\w*)\(")
CHOICES = re.compile(r"\b(CURLOPT_SSLVERSION|CURLOPT_SSL_CIPHER_LIST|CURLOPT_TLS13_CIPHERS|std::random_device|std::mt19937\w*|"
                     r"std::minstd_rand\w*|std::default_random_engine|std::rand\b|rand\(\)|srand|drand48|arc4random)")
SQL = re.compile(r"(?<![:\w])(sha224|sha256|sha384|sha512|md5|gen_random_uuid|gen_random_bytes|hmac|digest|crypt|gen_salt|"
                 r"pgp_\w+|encrypt\w*|decrypt\w*|random)\(")
COMMENT = re.compile(r"//.*$|^\s*--.*$", re.MULTILINE)


def sources(root, folders, ending):
    """Path below the root -> text without comments."""
    found = {}
    for folder in folders:
        for path, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith(ending):
                    with open(os.path.join(path, name), encoding="utf-8") as source:
                        found[os.path.relpath(os.path.join(path, name), root)] = COMMENT.sub("", source.read())
    return found


def called(texts):
    """{(call, file)}: what the sources call of cryptography."""
    found = set()
    for path, text in texts.items():
        names = {match[1] for match in CALLS.finditer(text)} | {match[1] for match in CHOICES.finditer(text)}
        found |= {(name, path) for name in names if not PLUMBING.fullmatch(name)}
    return found


def asked(texts):
    """The same of statements."""
    return {(match[1], path) for path, text in texts.items() for match in SQL.finditer(text)}


def told(rows, names, files):
    return {(name, path) for row in rows for name in pages.named_tests(row[names]) for path in pages.named_tests(row[files])}


def findings(there, said):
    """There: {(call, file)} of the code; said: of the page. A file of a row calls one of its functions at least."""
    wrong = [f"{path} calls {name}, which the page does not say" for name, path in sorted(there - said)]
    for name in sorted({name for name, _ in said} - {name for name, _ in there}):
        wrong.append(f"{name} is on the page, and nobody calls it")
    for path in sorted({path for _, path in said} - {path for _, path in there}):
        wrong.append(f"{path} is on the page, and calls nothing of it")
    return wrong


class Cryptography(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.root = Build(os.environ["WINNOW_BUILD"]).source
        cls.page = pages.Page(os.path.join(cls.root, "docs/security/cryptography.md"))
        cls.code = sources(cls.root, ["src", "include"], (".cpp", ".hpp"))
        cls.statements = sources(cls.root, ["migrations"], ".sql") | sources(cls.root, ["src/pg"], ".cpp")

    def algorithms(self):
        return told(self.page.rows("Algorithms"), "calls", "in")

    def test_every_call_that_chooses_an_algorithm_is_listed_with_its_file(self):
        there = called(self.code)
        self.assertIn(("EVP_CIPHER_fetch", "src/crypto/gcm.cpp"), there)
        self.assertEqual(findings(there, self.algorithms()), [])

    def test_so_is_what_statements_ask_the_database_for(self):
        there = asked(self.statements)
        self.assertIn(("sha256", "migrations/0029_tenant_proofs.sql"), there)
        self.assertEqual(findings(there, told(self.page.rows("In the database"), "function", "in")), [])

    def test_what_is_missing_or_too_much_is_noticed(self):
        code = self.code | {"src/base/uuid.cpp": "auto x = EVP_md5(); std::mt19937 dice; EVP_MD_CTX_free(c);"}
        self.assertEqual(findings(called(code), self.algorithms()),
                         ["src/base/uuid.cpp calls EVP_md5, which the page does not say",
                          "src/base/uuid.cpp calls std::mt19937, which the page does not say"])
        self.assertEqual(findings(called(self.code), self.algorithms() | {("EVP_rc4", "src/crypto/gcm.cpp")}),
                         ["EVP_rc4 is on the page, and nobody calls it"])
        self.assertEqual(findings(asked({"x.sql": "select md5(a), rates_digest(b), crypto::sha256(c)"}), set()),
                         ["x.sql calls md5, which the page does not say"])

    def test_sizes_are_those_of_the_code(self):
        sizes = re.findall(r"`(k\w+ = \d+)`", self.page.section("Algorithms"))
        self.assertGreaterEqual(len(sizes), 5)
        named = re.search(r"^Sizes with a name stand in (.*)$", self.page.text, re.MULTILINE)[1]
        text = "".join(self.code[path] for path in pages.named_tests(named))
        for size in sizes:
            with self.subTest(size=size):
                self.assertRegex(text, rf"\b{size};")

    def test_ciphers_and_curves_are_those_of_the_code(self):
        text = self.code["src/http/tls/tls_context.cpp"]
        for function in ("SSL_CTX_set_cipher_list", "SSL_CTX_set1_groups_list"):
            said = re.search(rf'{function}\(\w+, "([^"]+)"\)', text)[1]
            self.assertIn(f"`{said}`", self.page.section("TLS").replace("\n", " "))
        self.assertIn("SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)", text)
        self.assertIn("CURL_SSLVERSION_TLSv1_2", self.code["src/delivery/curl/transfer.cpp"])


class Ports(unittest.TestCase):
    """Where a node listens and whom it calls, as the configuration has it."""

    @classmethod
    def setUpClass(cls):
        cls.root = Build(os.environ["WINNOW_BUILD"]).source
        cls.page = pages.Page(os.path.join(cls.root, "docs/security.md"))
        with open(os.path.join(cls.root, "config/winnow.yaml"), encoding="utf-8") as text:
            cls.config = yaml.safe_load(text)

    def test_each_listener_is_listed_with_its_defaults(self):
        listed = {row["configuration"]: (row["port"], row["address"]) for row in self.page.rows("Ports") if row["address"] != "–"}
        defaults = {f"`listen.{name}`": (str(listener["port"]), f"`{listener['address']}`")
                    for name, listener in self.config["listen"].items()}
        self.assertEqual(listed, defaults)

    def test_so_is_each_way_out(self):
        ways = {row["configuration"]: row["port"] for row in self.page.rows("Ports") if row["address"] == "–"}
        urls = {f"`database.{name}`" for name in self.config["database"] if name.endswith("_url")}
        self.assertEqual({name for cell in ways for name in cell.split(", ")}, urls | {"`delivery.smtp`", "`delivery.egress_allow`"})
        self.assertEqual(ways["`delivery.smtp`"], str(self.config["delivery"]["smtp"]["port"]))

    def test_nothing_else_listens_but_the_receiver_of_winnow_dev(self):
        listening = {path for path, text in sources(self.root, ["src"], ".cpp").items() if re.search(r"\.listen\(|\blisten\(\w+, ", text)}
        self.assertEqual(listening, {"src/http/server/server.cpp", "src/app/dev/receiver.cpp"})


if __name__ == "__main__":
    unittest.main()
