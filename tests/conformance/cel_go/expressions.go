package main

import (
	"fmt"
	"math/rand"
	"regexp"
	"strconv"
	"strings"
)

// generator writes expressions that mostly have the type that is asked for, so that most of them come to something.
// What a map's key may be. Beyond that, and wherever else an expression would meet what docs/conditions.md names as a
// difference, nothing is asked.
var keys = []string{"string", "string", "int", "uint", "double", "bool"}

type generator struct {
	random *rand.Rand
	scope  []string // variables of macros
}

func newGenerator(seed int64) *generator { return &generator{random: rand.New(rand.NewSource(seed))} }

func (g *generator) below(n int) int          { return g.random.Intn(n) }
func (g *generator) oneIn(n int) bool         { return g.random.Intn(n) == 0 }
func (g *generator) pick(of ...string) string { return of[g.random.Intn(len(of))] }

var kinds = []string{"bool", "int", "uint", "double", "string", "bytes", "list", "map", "timestamp", "duration",
	"optional", "ip", "cidr", "null", "any"}

// What cel-go does with the bare value of has() is a fault of its own; and the order in which it visits a map is open.
var unasked = regexp.MustCompile(`has\([^()]*\)[.\[]|(details(\.[a-z]+)?|labels|\}|\))\.(map|filter)\(`)

// differs says whether an expression may meet a difference that docs/conditions.md names and that the generator cannot
// keep apart: string() keeps a timestamp's offset in cel-go, rounds a long duration to what a double holds, and writes
// large doubles with an exponent; int(duration) is nanoseconds there.
func differs(expression string) bool {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(expression, part) {
				return true
			}
		}
		return false
	}
	return unasked.MatchString(expression) || has("string(") && has("+09:00", "+14:00", "1ns", "1us", "999Z", "678Z", "123Z", "2562047h", "starts_at", "double(",
		"9007199254740993.0", "1.8e19", "9223372036854775807.0") || has("int(") && has("duration(")
}

func (g *generator) expression() string {
	g.scope = nil
	kind := "bool"
	if g.oneIn(2) {
		kind = g.pick(kinds...)
	}
	return g.of(kind, 1+g.below(3))
}

func (g *generator) of(kind string, depth int) string {
	if g.oneIn(50) {
		kind = g.pick(kinds...)
	}
	if len(g.scope) > 0 && g.oneIn(4) {
		return g.pick(g.scope...)
	}
	if depth <= 0 {
		return g.leaf(kind)
	}
	if kind != "bool" && g.oneIn(20) {
		return fmt.Sprintf("(%s ? %s : %s)", g.of("bool", depth-1), g.of(kind, depth-1), g.of(kind, depth-1))
	}
	if g.oneIn(12) {
		return fmt.Sprintf("%s.orValue(%s)", g.of("optional", depth-1), g.of(kind, depth-1))
	}
	switch kind {
	case "bool":
		return g.boolean(depth - 1)
	case "int":
		return g.integer(depth - 1)
	case "uint":
		return g.pick(g.leaf(kind), "uint("+g.of("any", depth-1)+")", g.arithmetic(kind, depth-1))
	case "double":
		return g.pick(g.leaf(kind), "double("+g.of("any", depth-1)+")", fmt.Sprintf("(%s %s %s)", g.of(kind, depth-1), g.pick("+", "-", "*"), g.of(kind, depth-1)))
	case "string":
		return g.str(depth - 1)
	case "bytes":
		return g.pick(g.leaf(kind), "bytes("+g.of("string", depth-1)+")",
			g.of("bytes", depth-1)+" + "+g.of("bytes", depth-1))
	case "list":
		return g.list(depth - 1)
	case "map":
		return g.mapping(depth - 1)
	case "timestamp":
		return g.pick(g.leaf(kind), "timestamp("+g.of("any", depth-1)+")",
			fmt.Sprintf("(%s %s %s)", g.of("timestamp", depth-1), g.pick("+", "-"), g.of("duration", depth-1)))
	case "duration":
		return g.pick(g.leaf(kind), "duration("+g.of("any", depth-1)+")",
			fmt.Sprintf("(%s - %s)", g.of("timestamp", depth-1), g.of("timestamp", depth-1)),
			fmt.Sprintf("(%s %s %s)", g.of("duration", depth-1), g.pick("+", "-"), g.of("duration", depth-1)))
	case "optional":
		return g.optional(depth - 1)
	case "ip":
		return g.pick(g.leaf(kind), "ip("+g.leaf("string")+")", g.leaf("cidr")+".ip()", g.leaf("cidr")+".masked().ip()")
	case "cidr":
		return g.pick(g.leaf(kind), g.of("cidr", depth-1)+".masked()")
	case "any":
		return g.of(g.pick(kinds[:14]...), depth)
	}
	return g.leaf(kind)
}

func quoted(text string) string { return strconv.QuoteToGraphic(text) }

func (g *generator) leaf(kind string) string {
	switch kind {
	case "bool":
		return g.pick("true", "false", "details.b", "has(details.n)", "has(labels.zone)", "has(details.o.n)",
			"has(details.t.x)", "has(title.x)", "has(details.z.x)", "has(details.l.n)")
	case "int":
		return g.pick("0", "1", "-1", "2", "3", "7", "severity", "details.n", "details.o.n", "9223372036854775807",
			"-9223372036854775808", "0x1F", "9007199254740993", strconv.Itoa(g.below(60)))
	case "uint":
		return g.pick("0u", "1u", "7u", "18446744073709551615u", "0x10u", "9223372036854775808u")
	case "double":
		return g.pick("0.0", "-0.0", "1.0", "5.5", "details.d", "1e300", "1e-7", ".5", "9007199254740993.0", "-2.75", "1e21",
			"9223372036854775807.0", "0.1", "1.8e19")
	case "string":
		return g.pick("title", "description", "source", "service", "labels.env", "labels.team", "labels.zone", "details.t",
			"details.o.t", "details.o.ip", "details.ip", "details.when", `labels["k8s.io/name"]`, `""`, `"disk"`, `"prod"`,
			`"7"`, `"+5"`, `"-3"`, `"007"`, `"1.5"`, `"true"`, `"日本"`, `"é"`, `" x "`, `"a,b,c"`, `"1h30m"`, `"-1.5s"`,
			`"2026-11-23T06:00:00Z"`, `"2026-11-23T06:00:00+25:00"`, `"2026-02-30T00:00:00Z"`, `"10.1.2.3"`, `r"\d"`,
			`"inf"`, `"1e3"`, `"0x1F"`, `"T"`, `"t"`, `"1"`, `"+1.5"`, `"-0"`)
	case "bytes":
		return g.pick(`b""`, `b"abc"`, `b"\xff"`, `b"日"`, `b"\303\251"`)
	case "list":
		return g.pick("[]", "details.l", "links", `["a", "b"]`, "[1, 2, 3]", "[1, 1u, 1.0]", `["prod", 5, null]`, "[[1], [2]]",
			"[true, false]", "[?details.?n, 9]", "[0.0, -0.0]")
	case "map":
		return g.pick("{}", "labels", "details", "details.o", `{"a": 1}`, `{1: "x", 2: "y"}`, `{true: 1}`, `{"n": {"n": 1}}`,
			`{?"a": details.?n}`, `{1u: 2}`, `{"z": null}`)
	case "timestamp":
		return g.pick("now", "received_at", "starts_at", `timestamp("2024-02-29T12:30:45.678Z")`,
			`timestamp("0001-01-01T00:00:00Z")`, `timestamp("9999-12-31T23:59:59.999999999Z")`, "timestamp(0)",
			`timestamp("2026-10-25T00:30:00Z")`, `timestamp("2026-11-23T06:00:00.5+09:00")`,
			`timestamp("2026-11-23T06:00:00-25:00")`,
			`timestamp("2026-11-23T06:00:00+14:00")`, `timestamp("2026-11-23T24:00:00Z")`,
			`timestamp("2026-11-23T06:00:60Z")`, `timestamp("2026-11-23 06:00:00Z")`,
			`timestamp("2026-11-23T06:00:00.1234000001Z")`)
	case "duration":
		return g.pick(`duration("0s")`, `duration("1h30m")`, `duration("-1.5s")`, `duration("90m")`, `duration("1ms")`,
			`duration("1us")`, `duration("1ns")`, `duration(".5s")`, `duration("1.")`, `duration("1d")`, `duration("+5s")`,
			`duration("2562047h47m16.854775807s")`, `duration("-2562047h47m16.854775808s")`, `duration("3000000h")`,
			`duration("0.1ns")`, `duration("1.9ns")`, `duration("0.3333333333333h")`, `duration("")`, `duration("1h 1m")`,
			`duration("1m1m")`, `duration("-0")`, `duration("315576000000s")`)
	case "optional":
		return g.pick("details.?n", "labels.?zone", "details.?o.?n", "details.?t.?x", "details.t.?x", "details.z.?x",
			"details[?\"n\"]", "details.l[?0]", "details.l[?9]", "details.n[?0]", "title.?x", "title[?0]", "details.?o.n",
			"optional.none()", "optional.of(1)", `optional.of("x")`, `optional.ofNonZeroValue("")`,
			"optional.ofNonZeroValue(3)", `labels[?"env"]`, "optional.of(details).n", "optional.of(details).?o.n",
			"details.l[?-1]", `details.l[?"a"]`, "severity.?x", "now.?x", "details.?o.?ip", "details.missing.?x",
			`optional.of([1, 2])[?1]`, "optional.of([1, 2])[1]", `optional.of({"a": 1})["a"]`, "optional.of(5).?x",
			"optional.of(5)[?0]", "optional.of(null)", "null.?x", "details.l[?1.0]", "details.l[?1u]", "details.l[?1.5]",
			"labels[?1]", "details.l[?0].?x", "optional.none()[?labels.zone]")
	case "ip":
		return fmt.Sprintf("ip(%s)", quoted(g.address()))
	case "cidr":
		return fmt.Sprintf("cidr(%s)", quoted(g.network()))
	case "null":
		return g.pick("null", "details.z", "details.o", "starts_at")
	case "type":
		return g.pick("int", "uint", "double", "string", "bytes", "bool", "list", "map", "null_type", "type",
			"google.protobuf.Timestamp", "google.protobuf.Duration")
	}
	return g.leaf(g.pick(kinds[:14]...))
}

func (g *generator) address() string {
	return g.pick("10.1.2.3", "10.0.0.0", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "224.0.1.1", "169.254.1.1",
		"::", "::1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "fe80::1", "ff02::1", "ff05::1", "::ffff:1.2.3.4", "fe80::1%eth0",
		"1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04", "256.1.1.1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8", "1::2::3", "::12345",
		"1:2:3:4:5:6:1.2.3.4", "", " 10.1.2.3", "10.1.2.3 ", "::0", "0::", "1::", "::1:0:0:0", "a:b:c:d:e:f:0:1", "::ffff:0:0",
		"192.168.1.5", "10.255.255.255", "64:ff9b::1.2.3.4")
}

func (g *generator) network() string {
	if g.oneIn(3) {
		return g.pick("10.0.0.0/8", "10.0.0.0/08", "10.0.0.0/-0", "10.0.0.0/+8", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0",
			"0.0.0.0/0", "::/0", "2001:db8::/32", "fe80::/10", "10.0.0.0/8/8", "10.0.0.1/8", "::1/129", "10.0.0.0/ 8",
			"10.0.0.0/00", "::ffff:1.2.3.4/120", "fe80::%eth0/64", "10.0.0.0/0x8", "10.0.0.0/000000000008")
	}
	return g.address() + "/" + g.pick("0", "8", "24", "31", "32", "64", "128", strconv.Itoa(g.below(33)))
}

func (g *generator) arithmetic(kind string, depth int) string {
	return fmt.Sprintf("(%s %s %s)", g.of(kind, depth), g.pick("+", "-", "*", "/", "%"), g.of(kind, depth))
}

func (g *generator) boolean(depth int) string {
	switch g.below(17) {
	case 0:
		return g.leaf("bool")
	case 1, 2:
		return fmt.Sprintf("(%s && %s)", g.of("bool", depth), g.of("bool", depth))
	case 3, 4:
		return fmt.Sprintf("(%s || %s)", g.of("bool", depth), g.of("bool", depth))
	case 5:
		return "!(" + g.of("bool", depth) + ")"
	case 6:
		return fmt.Sprintf("(%s ? %s : %s)", g.of("bool", depth), g.of("bool", depth), g.of("bool", depth))
	case 7:
		if g.oneIn(8) {
			return fmt.Sprintf("(type(%s) %s %s)", g.of("any", depth), g.pick("==", "!="), g.leaf("type"))
		}
		kind := g.pick(kinds...)
		return fmt.Sprintf("(%s %s %s)", g.of(kind, depth), g.pick("==", "!="), g.of(kind, depth))
	case 8:
		kind := g.pick("int", "uint", "double", "string", "bytes", "timestamp", "duration", "bool", "any")
		other := kind
		if kind == "int" || kind == "uint" || kind == "double" {
			other = g.pick("int", "uint", "double")
		}
		return fmt.Sprintf("(%s %s %s)", g.of(kind, depth), g.pick("<", "<=", ">", ">="), g.of(other, depth))
	case 9:
		if g.oneIn(2) {
			return fmt.Sprintf("(%s in %s)", g.leaf(g.pick(keys...)), g.of("map", depth))
		}
		return fmt.Sprintf("(%s in %s)", g.of("any", depth), g.of("list", depth))
	case 10:
		return fmt.Sprintf("%s.%s(%s)", g.of("string", depth), g.pick("contains", "startsWith", "endsWith"), g.of("string", depth))
	case 11:
		return fmt.Sprintf("%s.matches(%s)", g.of("string", depth),
			g.pick(`"^d.sk"`, `"[0-9]+%"`, `"(?i)DISK"`, `""`, `"^$"`, `"日本.caf"`, `"a|b"`, `r"\bfull\b"`, `"x{2,}"`))
	case 12:
		return g.macro(g.pick("all", "exists", "exists_one"), "bool", depth)
	case 13:
		return g.of("optional", depth) + ".hasValue()"
	case 14:
		return "bool(" + g.of("any", depth) + ")"
	case 15:
		return g.pick(
			fmt.Sprintf("%s.containsIP(%s)", g.of("cidr", depth), g.of(g.pick("ip", "string"), depth)),
			fmt.Sprintf("%s.containsCIDR(%s)", g.of("cidr", depth), g.of(g.pick("cidr", "string"), depth)),
			fmt.Sprintf("isIP(%s)", quoted(g.address())), fmt.Sprintf("isCIDR(%s)", quoted(g.network())),
			fmt.Sprintf("%s.%s()", g.of("ip", depth), g.pick("isLoopback", "isGlobalUnicast", "isLinkLocalUnicast",
				"isLinkLocalMulticast", "isUnspecified")))
	}
	return fmt.Sprintf("has(%s.%s)", g.of("map", depth), g.pick("n", "t", "o", "a", "env", "x"))
}

func (g *generator) integer(depth int) string {
	switch g.below(8) {
	case 0:
		return g.leaf("int")
	case 1:
		return g.arithmetic("int", depth)
	case 2:
		return "int(" + g.of(g.pick("string", "double", "uint", "int", "timestamp", "bool", "null"), depth) + ")"
	case 3:
		return "size(" + g.of(g.pick("string", "bytes", "list", "map"), depth) + ")"
	case 4:
		part := g.pick("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours",
			"getMinutes", "getSeconds", "getMilliseconds")
		if g.oneIn(4) {
			return g.of("duration", depth) + "." + g.pick("getHours", "getMinutes", "getSeconds") + "()"
		}
		if g.oneIn(2) {
			return g.of("timestamp", depth) + "." + part + "()"
		}
		return fmt.Sprintf("%s.%s(%s)", g.of("timestamp", depth), part, quoted(g.zone()))
	case 5:
		if g.oneIn(2) {
			return fmt.Sprintf(`"a日,b,日".%s(%s, %d)`, g.pick("indexOf", "lastIndexOf"), g.pick(`"日"`, `","`, `""`, `"x"`, "title"),
				g.below(8)-1)
		}
		return fmt.Sprintf("%s.%s(%s)", g.of("string", depth), g.pick("indexOf", "lastIndexOf"), g.of("string", depth))
	case 6:
		return "-(" + g.leaf("int") + ")"
	}
	return g.pick(g.of("ip", depth)+".family()", g.of("cidr", depth)+".prefixLength()")
}

func (g *generator) zone() string {
	return g.pick("UTC", "Asia/Tokyo", "America/New_York", "Europe/London", "Asia/Kolkata", "+09:00", "-02:30", "05:45", "-00:30",
		"+14:00", "-14:59", "", "Nowhere/X", "+0900", "+09:00:00", ":30", "+:30", "+00:00", "-00:00", "GMT", "EST",
		"../etc/passwd")
}

func (g *generator) str(depth int) string {
	switch g.below(12) {
	case 0:
		return g.leaf("string")
	case 1:
		return fmt.Sprintf("(%s + %s)", g.of("string", depth), g.of("string", depth))
	case 2:
		return "string(" + g.of("any", depth) + ")"
	case 3:
		return fmt.Sprintf("%s.%s()", g.of("string", depth), g.pick("lowerAscii", "upperAscii", "trim", "reverse"))
	case 4:
		return fmt.Sprintf("%s.substring(%s)", g.of("string", depth), g.of("int", 0))
	case 5:
		return fmt.Sprintf("%s.substring(%s, %s)", g.of("string", depth), g.of("int", 0), g.of("int", 0))
	case 6:
		return fmt.Sprintf("%s.charAt(%s)", g.of("string", depth), g.of("int", 0))
	case 7:
		return fmt.Sprintf("%s.replace(%s, %s)", g.of("string", depth), g.of("string", 0), g.of("string", 0))
	case 8:
		return fmt.Sprintf("%s.replace(%s, %s, %s)", g.of("string", depth), g.of("string", 0), g.of("string", 0), g.of("int", 0))
	case 9:
		return fmt.Sprintf("%s.join(%s)", g.of("list", depth), g.pick("", `","`, `""`, g.of("string", 0)))
	case 10:
		return fmt.Sprintf("%s[%s]", g.of("list", depth), g.of("int", 0))
	}
	return fmt.Sprintf("%s.%s", g.of("map", depth), g.pick("n", "t", "o", "a", "env", "x"))
}

func (g *generator) list(depth int) string {
	switch g.below(7) {
	case 0:
		return g.leaf("list")
	case 1:
		items := make([]string, g.below(4))
		for i := range items {
			if g.oneIn(6) {
				items[i] = "?" + g.of("optional", depth)
			} else {
				items[i] = g.of("any", depth)
			}
		}
		return "[" + strings.Join(items, ", ") + "]"
	case 2:
		return fmt.Sprintf("(%s + %s)", g.of("list", depth), g.of("list", depth))
	case 3:
		return g.macro("filter", "bool", depth)
	case 4:
		return g.macro("map", "any", depth)
	case 5:
		return fmt.Sprintf("%s.split(%s)", g.of("string", depth), g.of("string", 0))
	}
	return fmt.Sprintf("%s.split(%s, %s)", g.of("string", depth), g.of("string", 0), g.of("int", 0))
}

// The order in which cel-go visits a map's keys is open, so macros go over lists only.
func (g *generator) macro(name, body string, depth int) string {
	if len(g.scope) >= 2 {
		return g.of("any", depth)
	}
	over := g.of("list", depth)
	variable := fmt.Sprintf("v%d", len(g.scope))
	g.scope = append(g.scope, variable)
	inner := g.of(body, depth)
	if name == "map" && g.oneIn(3) {
		inner = g.of("bool", depth) + ", " + inner
	}
	g.scope = g.scope[:len(g.scope)-1]
	return fmt.Sprintf("%s.%s(%s, %s)", over, name, variable, inner)
}

func (g *generator) mapping(depth int) string {
	if g.oneIn(3) {
		return g.leaf("map")
	}
	entries := make([]string, g.below(3))
	for i := range entries {
		key := [][]string{{`"a"`, `"x"`, "true", "labels.env"}, {`"n"`, "1", "2u", `"env"`}}[i][g.below(4)]
		if g.oneIn(5) {
			entries[i] = "?" + key + ": " + g.of("optional", depth)
		} else {
			entries[i] = key + ": " + g.of("any", depth)
		}
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

func (g *generator) optional(depth int) string {
	switch g.below(10) {
	case 0:
		return g.leaf("optional")
	case 1:
		return fmt.Sprintf("%s.or(%s)", g.of("optional", depth), g.of("optional", depth))
	case 2:
		return fmt.Sprintf("%s.%s", g.of(g.pick("map", "list", "optional", "string", "int", "timestamp", "ip"), depth), g.pick("?n", "?t", "?o", "?a", "?env", "?x"))
	case 3:
		return fmt.Sprintf("%s[?%s]", g.of(g.pick("map", "list", "optional", "string", "double", "timestamp"), depth),
			g.leaf(g.pick(keys...)))
	case 4, 5:
		name, body := "optMap", "any"
		if g.oneIn(2) {
			name, body = "optFlatMap", "optional"
		}
		return g.optionalMacro(name, body, depth)
	case 6:
		return "optional.of(" + g.of("any", depth) + ")"
	case 7:
		return "optional.ofNonZeroValue(" + g.of("any", depth) + ")"
	case 8:
		return fmt.Sprintf("%s.%s", g.of("optional", depth), g.pick("n", "t", "o", "x"))
	}
	return g.of("optional", depth) + ".value()"
}

func (g *generator) optionalMacro(name, body string, depth int) string {
	if len(g.scope) >= 2 {
		return g.leaf("optional")
	}
	over := g.of("optional", depth)
	variable := fmt.Sprintf("v%d", len(g.scope))
	g.scope = append(g.scope, variable)
	inner := g.of(body, depth)
	g.scope = g.scope[:len(g.scope)-1]
	return fmt.Sprintf("%s.%s(%s, %s)", over, name, variable, inner)
}
