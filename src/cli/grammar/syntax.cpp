#include "winnow/cli/syntax.hpp"

#include "winnow/base/text.hpp"
#include "winnow/base/time.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>
#include <system_error>
#include <utility>

namespace winnow::cli {

Option* Option::required()
{
    option_.required();
    return this;
}

Option* Option::capture_default_str()
{
    option_.capture_default_str();
    return this;
}

Option* Option::excludes(Option* other)
{
    option_.excludes(&other->option_);
    return this;
}

Option* Option::envname(const std::string& name)
{
    option_.envname(name);
    return this;
}

Option* Option::delimiter(char between)
{
    option_.delimiter(between);
    return this;
}

Option* Option::range(std::int64_t least, std::int64_t most)
{
    const bool bounded = most < std::numeric_limits<std::int64_t>::max();
    const auto wanted =
        "takes a whole number from " + std::to_string(least) + (bounded ? " to " + std::to_string(most) : " on");
    option_.check([=](const std::string& text) {
        std::int64_t number = 0;
        const auto* const end = text.data() + text.size();
        const auto [at, failure] = std::from_chars(text.data(), end, number);
        const bool fits = failure == std::errc() && at == end && number >= least && number <= most;
        return fits ? std::string() : wanted + ", not \"" + text + '"';
    });
    return this;
}

Option* Option::positive()
{
    return range(1, std::numeric_limits<std::int64_t>::max());
}

Option* Option::not_negative()
{
    return range(0, std::numeric_limits<std::int64_t>::max());
}

Option* Option::not_empty()
{
    option_.check([](const std::string& value) { return value.empty() ? std::string("must not be empty") : ""; });
    return this;
}

Option* Option::time()
{
    option_.check([](const std::string& text) {
        return parse_rfc3339(text) ? "" : "takes a time such as 2026-11-23T06:00:00Z, not \"" + text + '"';
    });
    return this;
}

Option* Option::duration()
{
    option_.check([](const std::string& text) {
        return parse_iso8601_duration(text) ? ""
                                            : "takes an ISO 8601 duration such as PT2H or P1D, not \"" + text + '"';
    });
    return this;
}

Option* Option::one_of(std::initializer_list<std::string> words)
{
    option_.check(CLI::IsMember(std::vector<std::string>(words)));
    return this;
}

Syntax::Syntax(const std::string& description, const std::string& name)
    : own_(std::make_unique<CLI::App>(description, name)), app_(*own_)
{
}

Syntax::Syntax(CLI::App& app) : app_(app) {}

Syntax::~Syntax() = default;

Syntax* Syntax::add_subcommand(const std::string& name, const std::string& description)
{
    auto* added = app_.add_subcommand(name, description);
    added->footer("");  // else it would be this one's, whose examples are of other commands
    // Not make_unique: the constructor is private.
    return subcommands_.emplace_back(std::unique_ptr<Syntax>(new Syntax(*added))).get();
}

void Syntax::require_subcommand()
{
    app_.require_subcommand(1);
}

Option* Syntax::keep(CLI::Option& option)
{
    return &options_.emplace_back(option);
}

Option* Syntax::add_option(const std::string& name, std::string& value, const std::string& description, Empty empty)
{
    auto* option = keep(*app_.add_option(name, value, description));
    return empty == Empty::refused ? option->not_empty() : option;
}

Option* Syntax::add_option(const std::string& name, std::vector<std::string>& values, const std::string& description,
                           Empty empty)
{
    auto* option = keep(*app_.add_option(name, values, description));
    return empty == Empty::refused ? option->not_empty() : option;
}

Option* Syntax::add_option(const std::string& name, std::uint16_t& value, const std::string& description)
{
    return keep(*app_.add_option(name, value, description))->range(0, std::numeric_limits<std::uint16_t>::max());
}

Option* Syntax::add_option(const std::string& name, std::size_t& value, const std::string& description)
{
    return keep(*app_.add_option(name, value, description));
}

Option* Syntax::add_option(const std::string& name, std::int64_t& value, const std::string& description)
{
    return keep(*app_.add_option(name, value, description));
}

Option* Syntax::add_flag(const std::string& name, bool& value, const std::string& description)
{
    return keep(*app_.add_flag(name, value, description));
}

void Syntax::footer(const std::string& text)
{
    app_.footer(text);
}

void Syntax::version_flag(const std::string& name, const std::string& version)
{
    app_.set_version_flag(name, version);
}

void Syntax::callback(std::function<void()> chosen)
{
    app_.callback(std::move(chosen));
}

const Syntax* Syntax::subcommand(const std::string& word) const
{
    const auto named = std::ranges::find(subcommands_, word, [](const auto& each) { return each->name(); });
    return named == subcommands_.end() ? nullptr : named->get();
}

bool Syntax::takes_value(const std::string& word) const
{
    const auto* option = word.starts_with("--") ? std::as_const(app_).get_option_no_throw(word) : nullptr;
    return option != nullptr && option->get_items_expected_max() > 0;
}

std::pair<const Syntax*, std::string> Syntax::chosen_by(const Words& words) const
{
    const auto* here = this;
    std::string path;
    for (const auto& word : words) {
        const auto* next = here->subcommand(word);
        if (next == nullptr) continue;
        here = next;
        path += (path.empty() ? "" : " ") + word;
    }
    return {here, path};
}

namespace {

/// CLI11 takes every word that begins with a dash for an option. What has one dash, or a blank, is none of ours.
bool is_value_with_dash(const std::string& word)
{
    const bool long_option = word.starts_with("--") && word.find(' ') == std::string::npos;
    return word.size() > 1 && word.starts_with('-') && !long_option && word != "-h";
}

}  // namespace

Syntax::Words Syntax::with_values(int argc, const char* const* argv) const
{
    Words words;
    const auto* here = this;
    for (int i = 1; i < argc; ++i) {
        auto word = std::string(argv[i]);
        if (word == "--") {
            words.insert(words.end(), argv + i, argv + argc);
            break;
        }
        if (const auto* next = here->subcommand(word); next != nullptr) here = next;
        if (here->takes_value(word) && i + 1 < argc && is_value_with_dash(argv[i + 1])) {
            word.append(1, '=').append(argv[++i]);
        }
        words.push_back(std::move(word));
    }
    return words;
}

std::string Syntax::unknown_command(const Words& words) const
{
    const auto* here = this;
    for (const auto& word : words) {
        if (here->subcommands_.empty() || word.starts_with('-')) return "";
        if (const auto* next = here->subcommand(word); next != nullptr) {
            here = next;
            continue;
        }
        std::vector<std::string> known;
        for (const auto& each : here->subcommands_) known.push_back(each->name());
        const auto meant = nearest(word, known);
        auto told = "there is no command \"" + word + "\"" + (here == this ? "" : " of " + here->name());
        if (!meant.empty()) told += "; did you mean " + meant + "?";
        return told;
    }
    return "";
}

std::string Syntax::unknown_option(const Words& words) const
{
    const auto* here = this;
    for (const auto& word : words) {
        if (const auto* next = here->subcommand(word); next != nullptr) {
            here = next;
            continue;
        }
        if (word == "--") return "";
        if (!word.starts_with('-') || word == "-") continue;
        if (word[1] >= '0' && word[1] <= '9') return here->name() + " takes nothing negative here, and got " + word;
        const auto name = word.substr(0, word.find('='));
        const auto known = here->option_names();
        if (std::ranges::find(known, name) != known.end() || name == "-h") continue;
        const auto meant = nearest(name, known);
        return "there is no option " + name + (here == this ? "" : " of " + here->name()) +
               (meant.empty() ? "" : "; did you mean " + meant + "?");
    }
    return "";
}

std::string Syntax::unexpected_arguments(const Words& words) const
{
    std::string extra;
    for (const auto& word : app_.remaining(true)) extra += (extra.empty() ? "\"" : ", \"") + word + '"';
    if (extra.empty()) return "";
    const auto [command, path] = chosen_by(words);
    constexpr std::size_t kFew = 6;
    std::string options;
    auto names = command->option_names();
    std::erase(names, "--help");
    for (const auto& name : names) options += (options.empty() ? "" : ", ") + name;
    const bool takes_some = std::ranges::any_of(std::as_const(command->app_).get_options(),
                                                [](const auto* option) { return option->get_positional(); });
    return "not expected: " + extra + "; " + path + " takes " + (takes_some ? "no more arguments" : "no arguments") +
           (options.empty()        ? ""
            : names.size() <= kFew ? ", but the options " + options
                                   : ", but options; a value with blanks stands in quotes");
}

bool Syntax::parse(int argc, const char* const* argv, int& status)
{
    const auto words = with_values(argc, argv);
    const auto refuse = [&status](const std::string& why, const char* of_what) {
        std::cerr << "winnow: " << why << "\nRun with --help for all " << of_what << ".\n";
        status = 1;
        return false;
    };
    if (const auto unknown = unknown_command(words); !unknown.empty()) return refuse(unknown, "commands");
    try {
        app_.parse(Words(words.rbegin(), words.rend()));  // it takes them from the end
        return true;
    } catch (const CLI::ParseError& error) {
        // Told by its name, before all that follows from it.
        const bool unasked = error.get_exit_code() != 0;
        if (const auto unknown = unknown_option(words); unasked && !unknown.empty()) return refuse(unknown, "options");
        if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
            if (const auto extra = unexpected_arguments(words); !extra.empty()) return refuse(extra, "options");
        }
        status = app_.exit(error, std::cout, std::cerr);
        return false;
    }
}

std::string Syntax::name() const
{
    return app_.get_name();
}

std::vector<const Syntax*> Syntax::subcommands() const
{
    std::vector<const Syntax*> found;
    for (const auto& each : subcommands_) found.push_back(each.get());
    return found;
}

std::vector<std::string> Syntax::option_names() const
{
    std::vector<std::string> names;
    for (const auto* option : std::as_const(app_).get_options()) {
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

void fail_required(const std::string& what)
{
    throw CLI::RequiredError(what);
}

}  // namespace winnow::cli
