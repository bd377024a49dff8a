#include "cli/grammar/completion.hpp"

#include "cli/commands.hpp"

#include <iostream>
#include <map>
#include <memory>
#include <vector>

namespace winnow::cli {

namespace {

/// Path of sub-commands ("ticket list") → the words that may follow.
using Words = std::map<std::string, std::string>;

void collect(const Syntax& command, const std::string& path, Words& words)
{
    std::string next;
    for (const auto* child : command.subcommands()) {
        next += (next.empty() ? "" : " ") + child->name();
        collect(*child, path.empty() ? child->name() : path + " " + child->name(), words);
    }
    for (const auto& name : command.option_names()) next += (next.empty() ? "" : " ") + name;
    words[path] = next;
}

// bash and zsh (through bashcompinit) share one function: the sub-commands so far choose the words.
std::string bash_function(const Words& words)
{
    std::string script =
        "_winnow() {\n"
        "    local word path=\"\" i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        word=\"${COMP_WORDS[i]}\"\n"
        "        case \"$path${path:+ }$word\" in\n";
    std::string paths;
    for (const auto& [path, next] : words) {
        if (!path.empty()) paths += (paths.empty() ? "" : "|") + ("\"" + path + "\"");
    }
    script +=
        "            " + paths + ") path=\"$path${path:+ }$word\" ;;\n        esac\n    done\n    case \"$path\" in\n";
    for (const auto& [path, next] : words) {
        script += "        \"" + path + "\") word=\"" + next + "\" ;;\n";
    }
    script +=
        "    esac\n"
        "    COMPREPLY=($(compgen -W \"$word\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
        "    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
        "}\n"
        "complete -F _winnow winnow\n";
    return script;
}

std::string fish_lines(const Words& words)
{
    std::string script;
    for (const auto& [path, next] : words) {
        std::string condition = "__fish_use_subcommand";
        if (!path.empty()) {
            condition.clear();
            for (std::size_t at = 0; at < path.size();) {
                const auto end = path.find(' ', at) == std::string::npos ? path.size() : path.find(' ', at);
                condition +=
                    (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + path.substr(at, end - at));
                at = end + 1;
            }
        }
        script += "complete -c winnow -n '" + condition + "' -a '" + next + "'\n";
    }
    return script;
}

Shell shell_of(const std::string& name)
{
    if (name == "fish") return Shell::fish;
    return name == "zsh" ? Shell::zsh : Shell::bash;
}

}  // namespace

std::string completion_script(const Syntax& root, Shell shell)
{
    Words words;
    collect(root, "", words);
    switch (shell) {
        case Shell::bash: return bash_function(words);
        case Shell::zsh: return "autoload -U +X bashcompinit && bashcompinit\n" + bash_function(words);
        case Shell::fish: return fish_lines(words);
    }
    return "";
}

void add_completion_command(Syntax& root, Command& chosen)
{
    auto* command = root.add_subcommand("completion", "Print a completion script for your shell");
    auto shell = std::make_shared<std::string>();
    command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->one_of({"bash", "zsh", "fish"});
    command->footer("Example:\n  eval \"$(winnow completion bash)\"");
    command->callback([&chosen, &root, shell] {
        chosen = [&root, shell] {
            std::cout << completion_script(root, shell_of(*shell));
            return 0;
        };
    });
}

}  // namespace winnow::cli
