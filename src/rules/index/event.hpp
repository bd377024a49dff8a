#pragma once

/// @file
/// One alert as a program sees it: slot by slot, with the results of tests remembered.

#include "rules/index/program.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/alert_budget.hpp"
#include "winnow/expr/condition.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::rules::index {

enum class Truth : std::uint8_t { no, yes, error };

/// Reused from alert to alert and from program to program; for one thread at a time.
class Event {
public:
    struct Value {
        enum class Type : std::uint8_t { missing, text, number, boolean, null, other };
        std::uint32_t epoch = 0;
        Type type = Type::missing;
        bool scanned = false;      ///< Every text that a scanner knows has been looked for.
        std::uint32_t symbol = 0;  ///< 0: a value that no rule names.
        double number = 0;
        std::string_view text;
    };

    Event();
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    /// A new alert: its budget is whole. Program and alert must stay as they are until the next `start` or `refresh`.
    void start(const Program& program, const domain::Alert& alert, Timestamp now, std::size_t steps);

    /// The same alert, changed: whatever was remembered is forgotten, but not what it cost.
    void refresh();

    [[nodiscard]] Truth test(std::uint32_t predicate);

    [[nodiscard]] const Value& value(std::uint32_t slot) const noexcept;

    /// Symbols of all values that rules name.
    [[nodiscard]] const std::vector<std::uint32_t>& symbols() const noexcept { return symbols_; }

    /// For scanners: the predicate is true; all texts of the slot have been looked for.
    void set_found(std::uint32_t predicate) { remember(program_->predicates()[predicate], Truth::yes); }
    void set_scanned(std::uint32_t slot) { values_[slot].scanned = true; }

    /// Why an opaque predicate, or one beyond the budget, was an error; nullptr of any other. Until the next `start` or
    /// `refresh`.
    [[nodiscard]] const std::string* error_of(std::uint32_t predicate) const;

    [[nodiscard]] Timestamp now() const noexcept { return now_; }

    /// Of the alert's budget; and whether a predicate was not decided for want of it, or of a condition's own.
    [[nodiscard]] std::size_t steps_left() const noexcept { return steps_left_; }
    [[nodiscard]] bool is_over() const noexcept { return over_; }
    [[nodiscard]] const domain::AlertDeadline& deadline() const noexcept { return deadline_; }
    /// The predicate that has cost most, and so much; kNone where none cost anything.
    [[nodiscard]] std::uint32_t dearest() const noexcept { return dearest_; }
    [[nodiscard]] std::size_t most() const noexcept { return most_; }

private:
    struct Details;

    void next_epoch();
    Value& fresh(std::uint32_t slot);
    void set_text(std::uint32_t slot, std::string_view text);
    void set_number(std::uint32_t slot, double number, Value::Type type = Value::Type::number);
    void look_up(std::uint32_t slot, Constant::Type type, std::string_view bytes);
    void find_symbols();
    std::string_view field(std::uint8_t number);
    void read_fields();
    void read_labels();
    void read_details();

    [[nodiscard]] Truth presence(const Predicate& predicate) const noexcept;
    [[nodiscard]] Truth test_text(const Predicate& predicate, const Value& value) const noexcept;
    [[nodiscard]] Truth test_remembered(std::uint32_t number, const Predicate& predicate);
    [[nodiscard]] Truth contains(const Predicate& predicate) const;
    [[nodiscard]] Truth matches(std::uint32_t number, const Predicate& predicate);
    [[nodiscard]] Truth evaluate(std::uint32_t number, const Predicate& predicate);
    [[nodiscard]] Truth over_budget(std::uint32_t number);
    void pay(std::uint32_t number, std::size_t steps);
    Truth fail(std::uint32_t number, const std::string& error);
    void remember(const Predicate& predicate, Truth truth)
    {
        memory_[predicate.memory] = epoch_ << 2U | static_cast<std::uint32_t>(truth);
    }

    const Program* program_ = nullptr;
    const domain::Alert* alert_ = nullptr;
    Timestamp now_;
    std::size_t steps_ = 0;  ///< Of a whole budget.
    std::size_t steps_left_ = 0;
    bool over_ = false;
    domain::AlertDeadline deadline_;
    std::uint32_t dearest_ = kNone;
    std::size_t most_ = 0;

    std::uint32_t epoch_ = 0;  ///< Values and results of other epochs do not count.
    std::vector<Value> values_;
    std::vector<std::uint32_t> memory_;
    struct LookUp {
        std::uint32_t slot = 0;
        SymbolTable::Key key;
    };
    std::vector<LookUp> look_ups_;  ///< Of symbols; done together, so that they wait for memory together.
    std::vector<std::uint32_t> symbols_;
    std::string text_;  ///< title, description and source.
    bool has_text_ = false;
    std::deque<std::string> lowered_;
    std::size_t lowered_used_ = 0;
    std::optional<expr::Names> names_;
    /// By place in the memory, where one was noted in that epoch: thousands may fail for one reason.
    struct Failed {
        std::uint32_t epoch = 0;
        const std::string* error = nullptr;
    };
    std::vector<Failed> failed_;
    std::deque<std::string> errors_;
    std::string used_up_;  ///< What is said of all that is beyond the budget.
    std::unique_ptr<Details> details_;
};

}  // namespace winnow::rules::index
