/// @file
/// Trials in processes of the operating system: the owner's part.

#include "pipeline/takeover/trial_lines.hpp"
#include "winnow/observe/log.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace winnow::pipeline {

namespace {

/// A file descriptor of ours.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor()
    {
        if (number_ >= 0) close(number_);
    }

    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_ = -1;
};

struct Pipe {
    Descriptor out;  ///< What is written to `in` is read here.
    Descriptor in;
};

std::optional<Pipe> make_pipe()
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    return Pipe{.out = Descriptor(ends[0]), .in = Descriptor(ends[1])};
}

/// The process has an order to read and a place to report to, and nothing else of ours: a socket that it held would
/// stay open when we close it.
class Spawn {
public:
    Spawn()
    {
        posix_spawn_file_actions_init(&files_);
        posix_spawnattr_init(&attributes_);
    }
    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;
    ~Spawn()
    {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&attributes_);
    }

    /// 0, or what is wrong.
    int run(pid_t& child, std::vector<std::string>& arguments, int order, int reports)
    {
        posix_spawn_file_actions_adddup2(&files_, order, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&files_, reports, kReportsTo);
        posix_spawn_file_actions_adddup2(&files_, STDERR_FILENO, STDOUT_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&files_, kReportsTo + 1);
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes_, &signals);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        std::vector<char*> words;
        words.reserve(arguments.size() + 1);
        for (auto& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        return posix_spawn(&child, "/proc/self/exe", &files_, &attributes_, words.data(), environ);
    }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

bool write_all(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const auto written = write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) return false;
        text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
}

/// Somebody, or a supervisor, that wants a process to stop sends one of these. SIGKILL is none of them: the kernel
/// sends it for want of memory.
bool is_a_stop(int signal)
{
    return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT || signal == SIGPIPE;
}

class ProcessBench final : public TrialBench {
public:
    explicit ProcessBench(TrialProgram program) : program_(std::move(program)) {}
    ProcessBench(const ProcessBench&) = delete;
    ProcessBench& operator=(const ProcessBench&) = delete;
    ~ProcessBench() override { end(); }

    Result<Done> start(const TrialOrder& order) override
    {
        end();
        report_ = {};
        heard_.clear();
        auto orders = make_pipe();
        auto reports = make_pipe();
        if (!orders || !reports) return refused(errno);
        pid_t child = 0;
        const int wrong = Spawn().run(child, program_.arguments, orders->out.number(), reports->in.number());
        if (wrong != 0) return refused(wrong);
        child_ = child;
        // A pipe holds more than this; where this one does not, nobody waits for it. Its other end is still open here,
        // so that no signal is raised.
        fcntl(orders->in.number(), F_SETFL, O_NONBLOCK);
        const auto text = program_.settings + "\n" + order_line(order);
        const bool told = write_all(orders->in.number(), text);
        const int reason = errno;
        order_ = std::move(orders->in);
        reports_ = std::move(reports->out);
        fcntl(reports_.number(), F_SETFL, O_NONBLOCK);
        if (told) return Done{};
        end();
        return refused(reason);
    }

    TrialReport look() override
    {
        if (child_ != 0) {
            int status = 0;
            const auto ended = waitpid(child_, &status, WNOHANG);
            if (ended == 0 || (ended < 0 && errno == EINTR)) {
                listen();
                return running();
            }
            child_ = 0;  // first: from here on the number may be another process's
            // Where nobody may wait for children how it ended is not known.
            status_ = ended > 0 ? status : SIGTERM;
            order_ = Descriptor();
        }
        if (!status_) return report_;
        listen();  // after it has ended: what it said before is there
        if (report_.state == TrialReport::State::running) {
            const bool stop = WIFSIGNALED(*status_) && is_a_stop(WTERMSIG(*status_));
            report_.state = !stop && report_.at ? TrialReport::State::died : TrialReport::State::stopped;
        }
        status_.reset();
        return report_;
    }

    void stop() override
    {
        end();
        if (report_.state == TrialReport::State::running) report_.state = TrialReport::State::stopped;
    }

private:
    static Error refused(int reason)
    {
        return {ErrorCode::unavailable, std::string("no process is to be had: ") + std::strerror(reason)};
    }

    /// It has ended once it is no child any more, whatever it has said.
    [[nodiscard]] TrialReport running() const
    {
        auto report = report_;
        report.state = TrialReport::State::running;
        return report;
    }

    void listen()
    {
        std::array<char, 4096> some{};
        while (true) {
            const auto got = read(reports_.number(), some.data(), some.size());
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            heard_.append(some.data(), static_cast<std::size_t>(got));
        }
        for (auto end = heard_.find('\n'); end != std::string::npos; end = heard_.find('\n')) {
            const auto line = heard_.substr(0, end);
            heard_.erase(0, end + 1);  // first: what throws is not heard again
            hear(report_, line);
        }
    }

    void end()
    {
        if (child_ != 0) {
            kill(child_, SIGKILL);
            int status = 0;
            while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
            }
            child_ = 0;
        }
        status_.reset();
        order_ = Descriptor();
        reports_ = Descriptor();
    }

    TrialProgram program_;
    pid_t child_ = 0;            ///< 0: none.
    std::optional<int> status_;  ///< How it has ended, until report_ says so.
    Descriptor order_;           ///< The process ends when this is closed.
    Descriptor reports_;
    std::string heard_;  ///< Of a line that is not complete.
    TrialReport report_;
};

}  // namespace

std::unique_ptr<TrialBench> make_trial_bench(TrialProgram program)
{
    return std::make_unique<ProcessBench>(std::move(program));
}

}  // namespace winnow::pipeline
