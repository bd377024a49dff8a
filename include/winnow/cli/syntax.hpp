#pragma once

/// @file
/// What the command line's grammar is declared with. CLI11 stands behind it and is compiled in one file only: every
/// other file that saw it would take seconds more to compile (docs/decisions/precompiled-headers.md; `lint.heavy` holds
/// it).

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace winnow::cli {

/// An option ("--name"), a flag or an argument ("NAME") of a command. Lives as long as its Syntax; each method answers
/// the option itself. All functions and names mean what CLI11's mean.
class Option {
public:
    explicit Option(CLI::Option& option) : option_(option) {}

    Option* required();
    /// The value it has before parsing is shown in the help.
    Option* capture_default_str();
    Option* excludes(Option* other);
    /// Taken from that environment variable where it is not given.
    Option* envname(const std::string& name);
    /// One word may hold several values.
    Option* delimiter(char between);
    Option* range(std::int64_t least, std::int64_t most);
    Option* positive();
    Option* not_negative();
    Option* not_empty();
    /// "2026-11-23T06:00:00Z".
    Option* time();
    /// ISO 8601, as everywhere in Winnow: "PT2H".
    Option* duration();
    Option* one_of(std::initializer_list<std::string> words);

private:
    CLI::Option& option_;
};

/// A command line that cannot be understood, seen only once the command is at work.
class WrongUsage : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What an option says that is given as '', as by a script whose variable is empty.
enum class Empty {
    refused,
    as_not_given,
};

/// A command, its options and the commands under it.
class Syntax {
public:
    Syntax(const std::string& description, const std::string& name);
    ~Syntax();
    Syntax(const Syntax&) = delete;
    Syntax& operator=(const Syntax&) = delete;

    Syntax* add_subcommand(const std::string& name, const std::string& description);
    /// The command alone, without one of those under it, is wrong usage.
    void require_subcommand();

    // `value` is written when the command line is parsed, and must live until then.
    Option* add_option(const std::string& name, std::string& value, const std::string& description,
                       Empty empty = Empty::refused);
    Option* add_option(const std::string& name, std::vector<std::string>& values, const std::string& description,
                       Empty empty = Empty::refused);
    Option* add_option(const std::string& name, std::uint16_t& value, const std::string& description);
    Option* add_option(const std::string& name, std::size_t& value, const std::string& description);
    Option* add_option(const std::string& name, std::int64_t& value, const std::string& description);
    Option* add_flag(const std::string& name, bool& value, const std::string& description);

    /// Stands at the end of the command's help.
    void footer(const std::string& text);
    void version_flag(const std::string& name, const std::string& version);
    /// Called when the command was chosen and everything is parsed. It may call fail_required().
    void callback(std::function<void()> chosen);

    /// Parses a whole command line. Where that ends it already (help, version, wrong usage) everything is said, and
    /// `false` answered; `status` is then 0, or CLI11's code for the mistake.
    [[nodiscard]] bool parse(int argc, const char* const* argv, int& status);

    [[nodiscard]] std::string name() const;
    [[nodiscard]] std::vector<const Syntax*> subcommands() const;
    /// "--name" of every option that has a long one.
    [[nodiscard]] std::vector<std::string> option_names() const;

private:
    using Words = std::vector<std::string>;  ///< Of a command line, without the program.

    [[nodiscard]] const Syntax* subcommand(const std::string& word) const;  ///< nullptr: there is none.
    [[nodiscard]] bool takes_value(const std::string& word) const;
    /// The command that the words choose, and its path: "alert send".
    [[nodiscard]] std::pair<const Syntax*, std::string> chosen_by(const Words& words) const;
    /// With a value that begins with a dash joined to its option: "--limit=-1".
    [[nodiscard]] Words with_values(int argc, const char* const* argv) const;
    /// A sentence about the first word that should be a command and is none; "" where there is none.
    [[nodiscard]] std::string unknown_command(const Words& words) const;
    /// The same of options.
    [[nodiscard]] std::string unknown_option(const Words& words) const;
    /// A sentence about arguments that nothing takes; "" where there are none.
    [[nodiscard]] std::string unexpected_arguments(const Words& words) const;
    explicit Syntax(CLI::App& app);
    Option* keep(CLI::Option& option);

    std::unique_ptr<CLI::App> own_;  ///< Of the root; sub-commands belong to CLI11's.
    CLI::App& app_;
    std::deque<std::unique_ptr<Syntax>> subcommands_;
    std::deque<Option> options_;
};

/// In a callback: "`what` is required", wrong usage.
[[noreturn]] void fail_required(const std::string& what);

}  // namespace winnow::cli
