#include "expr/patterns/regex.hpp"

#include "winnow/expr/pattern.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace winnow::expr {

namespace {

/// What a pattern is compiled for. `check`: only to know whether it is one; nothing is kept of it.
enum class Form : std::uint8_t { line, text, check };

CompiledPattern compiled_as(const std::string& pattern, Dot dot)
{
    constexpr std::int64_t kMaxMemory = 256 << 10;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    options.set_dot_nl(dot == Dot::anything);
    auto made = std::make_shared<const RE2>(pattern, options);
    if (!made->ok()) return Error(ErrorCode::invalid_argument, made->error());
    return made;
}

CompiledPattern compiled(const std::string& pattern, Form form)
{
    auto made = compiled_as(pattern, form == Form::line ? Dot::no_line_feed : Dot::anything);
    if (made && form == Form::check) made->reset();
    return made;
}

std::size_t bytes_of(const CompiledPattern& pattern)
{
    if (pattern && *pattern == nullptr) return 0;
    return kPatternBytes + (pattern ? instructions_of(**pattern) * kInstructionBytes : 0);
}

}  // namespace

/// What a thread has compiled.
class PatternCache {
public:
    static thread_local PatternCache* current;

    CompiledPattern find(const std::string& pattern, Form form)
    {
        const auto known = known_.find({pattern, form});
        if (known != known_.end()) return known->second;
        const bool counts = bound_ != nullptr && !bound_->asks_;
        if (counts && bound_->met_) return refused();
        auto made = compiled(pattern, form);
        const auto bytes = bytes_of(made);
        if (counts && !bound_->take(bytes)) return refused();
        constexpr std::size_t kMost = std::size_t{64} << 20U;
        if (counts || bytes_ < kMost) {
            bytes_ += bytes;
            known_.emplace(std::pair(pattern, form), made);
        }
        return made;
    }

    /// No-op where there is one already.
    void bind(PatternBound& bound) noexcept
    {
        if (bound_ == nullptr) bound_ = &bound;
    }

    void release(const PatternBound& bound) noexcept
    {
        if (bound_ == &bound) bound_ = nullptr;
    }

private:
    [[nodiscard]] Error refused() const { return Error(ErrorCode::invalid_argument, bound_->refusal_); }

    std::map<std::pair<std::string, Form>, CompiledPattern> known_;
    std::size_t bytes_ = 0;
    PatternBound* bound_ = nullptr;
};

thread_local PatternCache* PatternCache::current = nullptr;

PatternsOnce::PatternsOnce()
{
    if (PatternCache::current != nullptr) return;
    kept_ = std::make_unique<PatternCache>();
    PatternCache::current = kept_.get();
}

PatternsOnce::~PatternsOnce()
{
    if (kept_) PatternCache::current = nullptr;
}

PatternBound::PatternBound(std::size_t bytes, std::string refusal, std::function<std::size_t()> more)
    : left_(bytes), refusal_(std::move(refusal)), more_(std::move(more))
{
    PatternCache::current->bind(*this);
}

PatternBound::~PatternBound()
{
    PatternCache::current->release(*this);
}

bool PatternBound::take(std::size_t bytes)
{
    if (bytes > left_ && more_) {
        const auto ask = std::exchange(more_, {});
        asks_ = true;
        left_ += ask();
        asks_ = false;
    }
    if (bytes > left_) {
        met_ = true;
        return false;
    }
    left_ -= bytes;
    return true;
}

namespace {

CompiledPattern find(const std::string& pattern, Form form)
{
    auto* kept = PatternCache::current;
    return kept == nullptr ? compiled(pattern, form) : kept->find(pattern, form);
}

}  // namespace

CompiledPattern compile_pattern(const std::string& pattern, Dot dot)
{
    return find(pattern, dot == Dot::anything ? Form::text : Form::line);
}

CompiledPattern compile_regex(const std::string& pattern)
{
    return find(pattern, Form::text);
}

CompiledPattern compile_whole(const std::string& pattern)
{
    // Judged without the anchors first: "a)(b" must not become good by what is put around it.
    if (auto alone = find(pattern, Form::check); !alone) return alone;
    return find("^(?:" + pattern + ")$", Form::text);
}

}  // namespace winnow::expr
