#include "app/cli/syntax.hpp"

#include "winnow/base/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <limits>
#include <system_error>
#include <utility>

namespace winnow::app::cli {

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

std::string Syntax::unknown_command(int argc, const char* const* argv) const
{
    const auto* here = this;
    for (int i = 1; i < argc && !here->subcommands_.empty(); ++i) {
        const std::string word = argv[i];
        if (word.starts_with('-')) return "";
        const auto named = std::ranges::find(here->subcommands_, word, [](const auto& each) { return each->name(); });
        if (named != here->subcommands_.end()) {
            here = named->get();
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

std::string Syntax::unknown_option(int argc, const char* const* argv) const
{
    const auto* here = this;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const auto named = std::ranges::find(here->subcommands_, word, [](const auto& each) { return each->name(); });
        if (named != here->subcommands_.end()) {
            here = named->get();
            continue;
        }
        if (!word.starts_with('-') || word == "-") continue;
        const auto name = word.substr(0, word.find('='));
        const auto known = here->option_names();
        if (std::ranges::find(known, name) != known.end() || name == "-h") continue;
        const auto meant = nearest(name, known);
        return "there is no option " + name + (here == this ? "" : " of " + here->name()) +
               (meant.empty() ? "" : "; did you mean " + meant + "?");
    }
    return "";
}

bool Syntax::parse(int argc, const char* const* argv, int& status)
{
    if (const auto unknown = unknown_command(argc, argv); !unknown.empty()) {
        std::cerr << "winnow: " << unknown << "\nRun with --help for all commands.\n";
        status = 1;
        return false;
    }
    try {
        app_.parse(argc, argv);
        return true;
    } catch (const CLI::ParseError& error) {
        // Told by its name, before all that follows from it.
        const bool unasked = error.get_exit_code() != 0;
        if (const auto unknown = unknown_option(argc, argv); unasked && !unknown.empty()) {
            std::cerr << "winnow: " << unknown << "\nRun with --help for all options.\n";
            status = 1;
            return false;
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

}  // namespace winnow::app::cli
