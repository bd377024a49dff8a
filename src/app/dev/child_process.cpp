#include "app/dev/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace winnow::app::dev {

namespace {

constexpr int kCannotStart = 127;

bool become(const Account& account)
{
    return setgroups(0, nullptr) == 0 && setgid(account.group) == 0 && setuid(account.user) == 0;
}

/// Between fork and exec only what is async-signal-safe may be called: the parent has threads.
[[noreturn]] void run(char* const* argv, const char* log, const Account* account, int on_our_death)
{
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    const int out = open(log, O_CREAT | O_WRONLY | O_APPEND, 0644);
    const int in = open("/dev/null", O_RDONLY);
    if (out < 0 || in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(out, STDERR_FILENO) < 0) {
        _exit(kCannotStart);
    }
    setsid();
    if (account != nullptr && !become(*account)) _exit(kCannotStart);
    prctl(PR_SET_PDEATHSIG, on_our_death);  // after the change of user, which would clear it
    if (chdir("/") != 0) _exit(kCannotStart);
    execv(argv[0], argv);
    _exit(kCannotStart);
}

}  // namespace

std::optional<Account> unprivileged_account()
{
    if (geteuid() != 0) return std::nullopt;
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) throw std::runtime_error("PostgreSQL does not run as root, and there is no user postgres");
    return Account{.user = user->pw_uid, .group = user->pw_gid};
}

pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& log,
            const std::optional<Account>& account, int on_our_death)
{
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (const auto& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));  // execv's signature is older than const
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("cannot start " + words.front());
    if (child == 0) run(argv.data(), log.c_str(), account ? &*account : nullptr, on_our_death);
    return child;
}

int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

bool can_enter(const std::filesystem::path& folder, const Account& account)
{
    const pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) _exit(become(account) && access(folder.c_str(), X_OK) == 0 ? 0 : 1);
    return wait_for(child) == 0;
}

}  // namespace winnow::app::dev
