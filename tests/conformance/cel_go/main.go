// Random CEL expressions and what cel-go answers to them, a JSON array a line: [world, expression, answer], and a
// second answer where cel-go can be set to another.
//
//	go run . [-seed N] [-count N] [-short] > answers.jsonl
//
// The first lines are the worlds: objects of the names that expressions see. cel_go_answers.cpp replays the file.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
)

// text is JSON without the escapes that Go adds for HTML's sake.
func text(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return string(bytes.TrimRight(out.Bytes(), "\n"))
}

func tagged(tag string, value any) any { return map[string]any{tag: value} }

// answer is a value with its type: 1, 1u and 1.0 differ, and so do -0.0 and 0.0.
func answer(value ref.Val) any {
	switch v := value.(type) {
	case *types.Err, *types.Unknown:
		return "error"
	case types.Null:
		return nil
	case types.Bool:
		return bool(v)
	case types.Int:
		return tagged("int", strconv.FormatInt(int64(v), 10))
	case types.Uint:
		return tagged("uint", strconv.FormatUint(uint64(v), 10))
	case types.Double:
		if math.IsNaN(float64(v)) {
			return tagged("double", "NaN")
		}
		return tagged("double", strconv.FormatUint(math.Float64bits(float64(v)), 16))
	case types.String:
		return tagged("string", string(v))
	case types.Bytes:
		return tagged("bytes", hex.EncodeToString(v))
	case types.Timestamp:
		return tagged("timestamp", []any{v.Unix(), v.Nanosecond()})
	case types.Duration:
		return tagged("duration", strconv.FormatInt(int64(v.Duration), 10))
	case *types.Type:
		return tagged("type", v.TypeName())
	case *types.Optional:
		if !v.HasValue() {
			return tagged("optional", []any{})
		}
		return tagged("optional", []any{answer(v.GetValue())})
	case ext.IP:
		return tagged("ip", v.Addr.String())
	case ext.CIDR:
		return tagged("cidr", v.Prefix.String())
	case traits.Lister:
		list := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			list = append(list, answer(it.Next()))
		}
		return tagged("list", list)
	case traits.Mapper:
		entries := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, []any{answer(key), answer(v.Get(key))})
		}
		sort.Slice(entries, func(i, j int) bool { return text(entries[i]) < text(entries[j]) })
		return tagged("map", entries)
	}
	panic(fmt.Sprintf("no form for a %T", value))
}

func instant(written string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, written)
	if err != nil {
		panic(err)
	}
	return at
}

// An alert's names as conditions see them; the order of the keys of details is cel-go's business, so no expression
// depends on it.
func worlds() []map[string]any {
	now := instant("2026-11-23T06:00:00Z")
	return []map[string]any{
		{
			"title": "disk 93% full on db-7", "description": "/var has 7 GB left", "source": "db-7", "service": "billing",
			"severity": int64(4), "labels": map[string]any{"env": "prod", "team": "dba", "k8s.io/name": "pod-1"},
			"details": map[string]any{
				"n": int64(7), "d": 5.5, "t": "disk", "b": true, "z": nil, "l": []any{"/", "/var", int64(3)},
				"o": map[string]any{"n": int64(0), "ip": "10.1.2.3", "t": ""}},
			"links":     []any{map[string]any{"href": "https://wiki.example/disk", "text": "Runbook"}},
			"starts_at": nil, "received_at": now, "now": now,
		},
		{
			"title": "日本 café\nz", "description": "", "source": "", "service": "", "severity": int64(1),
			"labels": map[string]any{"env": "", "n": "5"},
			"details": map[string]any{"n": "text", "d": int64(1), "t": int64(3), "l": map[string]any{"n": int64(1)}, "o": nil,
				"ip": "::1", "when": "2026-02-28T23:59:59.999Z"},
			"links": []any{}, "starts_at": instant("2024-02-29T23:30:00.123Z"), "received_at": now, "now": now,
		},
		{
			"title": "", "description": "x", "source": "web-1.example.jp", "service": "a.b", "severity": int64(2),
			"labels": map[string]any{}, "details": map[string]any{},
			"links": []any{}, "starts_at": instant("2026-03-29T00:59:59Z"), "received_at": now, "now": now,
		},
	}
}

// environment is cel-go's usual one, or the one that makes it an error to select a field of what has none: has(x.f) as
// the specification has it, but x.?f, too, of which the specification says nothing.
func environment(world map[string]any, strict bool) *cel.Env {
	options := []cel.EnvOption{cel.OptionalTypes(), ext.Strings(), ext.Network(), cel.EnableErrorOnBadPresenceTest(strict)}
	for name := range world {
		options = append(options, cel.Variable(name, cel.DynType))
	}
	made, err := cel.NewEnv(options...)
	if err != nil {
		panic(err)
	}
	return made
}

func main() {
	seed := flag.Int64("seed", 20261123, "of the expressions")
	count := flag.Int("count", 10000, "expressions")
	flag.Parse()

	made := worlds()
	usual, strict := environment(made[0], false), environment(made[0], true)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, world := range made {
		entries := map[string]any{}
		for name, value := range world {
			entries[name] = answer(types.DefaultTypeAdapter.NativeToValue(value))
		}
		fmt.Fprintln(out, text(entries))
	}
	random := newGenerator(*seed)
	seen := map[string]bool{}
	for written := 0; written < *count; {
		expression := random.expression()
		world := random.below(len(made))
		key := strconv.Itoa(world) + expression
		if seen[key] || len(expression) > 200 || differs(expression) {
			continue
		}
		seen[key] = true
		line := []any{world, expression, answer(evaluate(usual, expression, made[world]))}
		if other := answer(evaluate(strict, expression, made[world])); text(other) != text(line[2]) {
			if strings.Contains(expression, "has(") {
				continue
			}
			line = append(line, other)
		}
		written++
		fmt.Fprintln(out, text(line))
	}
}

// evaluate answers an error for what is refused, too. Nothing is type-checked: conditions are not.
func evaluate(environment *cel.Env, expression string, world map[string]any) (value ref.Val) {
	parsed, issues := environment.Parse(expression)
	if issues.Err() != nil {
		return types.NewErr("refused")
	}
	program, err := environment.Program(parsed)
	if err != nil {
		return types.NewErr("refused")
	}
	value, _, err = program.Eval(world)
	if err != nil {
		return types.NewErr("%v", err)
	}
	return value
}
