#include "support/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace winnow::test {

const passwd* postgres_user()
{
    if (geteuid() != 0) return nullptr;
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) throw std::runtime_error("running as root, and there is no user postgres");
    return user;
}

pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& log, As as, Ends ends)
{
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    const passwd* user = as == As::postgres ? postgres_user() : nullptr;
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;

    if (!log.empty()) {
        const int out = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
    }
    if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
        _exit(127);
    }
    if (ends == Ends::with_the_test) prctl(PR_SET_PDEATHSIG, SIGQUIT);  // a killed test leaves no server behind
    if (chdir("/") != 0) _exit(127);
    execv(argv[0], argv.data());
    _exit(127);
}

int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

void run(const std::vector<std::string>& words, const std::filesystem::path& log, As as)
{
    if (wait_for(spawn(words, log, as)) == 0) return;
    std::string line;
    for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
    throw std::runtime_error("this failed: " + line);
}

}  // namespace winnow::test
