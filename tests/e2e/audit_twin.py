"""Verifies an exported audit log. Written from the page of the design alone, and not from the program: what both say of an
export, the page says."""

import hashlib
import json
import os
import subprocess
import tempfile
import uuid


def key_id(key_file):
    public = subprocess.run(["openssl", "pkey", "-pubin", "-in", key_file, "-outform", "DER"], check=True,
                            capture_output=True).stdout
    return hashlib.sha256(public[-32:]).hexdigest()[:16]


def link(tenant, seq, previous, record):
    text = b"winnow-audit/1\0" + tenant.bytes + seq.to_bytes(8, "big") + previous + hashlib.sha256(record).digest()
    return hashlib.sha256(text).digest()


def is_signed(anchor, tenant, key_file):
    text = f"winnow-audit-head/1\n{tenant}\n{anchor['anchor']}\n{anchor['hash']}\n{anchor['signed_at']}"
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("text", text.encode()), ("signature", bytes.fromhex(anchor["signature"]))):
            with open(os.path.join(folder, name), "wb") as out:
                out.write(content)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key_file, "-in",
                               f"{folder}/text", "-sigfile", f"{folder}/signature"], check=False, capture_output=True)
        return done.returncode == 0


def commits(line, record):
    """Whether the record's `x` is that of the detail, where there is one."""
    if line["detail"] is None:
        return True
    salted = bytes.fromhex(line["salt"]) + line["detail"].encode()
    return json.loads(record)["x"] == hashlib.sha256(salted).hexdigest()


def verify(lines, key_file):
    """(first bad seq, None where all is good; last seq that is good)."""
    head, *rest = [json.loads(line) for line in lines]
    tenant = uuid.UUID(head["tenant"])
    anchors = {}
    for anchor in (line for line in rest if "anchor" in line):
        if not is_signed(anchor, tenant, key_file):
            return anchor["anchor"], 0
        anchors[anchor["anchor"]] = bytes.fromhex(anchor["hash"])
    links = [line for line in rest if "seq" in line]
    previous, last = bytes(32), 0
    if links and links[0]["seq"] > 1 and links[0]["seq"] - 1 == min(anchors, default=0):
        last = links[0]["seq"] - 1  # retention has cut it there
        previous = anchors[last]
    for line in links:
        record = line["record"].encode()
        hashed = link(tenant, last + 1, previous, record)
        if line["seq"] != last + 1 or hashed.hex() != line["hash"] or not commits(line, record):
            return last + 1, last
        if anchors.get(last + 1, hashed) != hashed:
            return last + 1, last
        previous, last = hashed, last + 1
    told = max([head["head"], *anchors])
    return (None if last >= told else last + 1), last
