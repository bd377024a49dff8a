#include "rules/index/event.hpp"

#include "winnow/expr/pattern.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace winnow::rules::index {

namespace {

using Type = Event::Value::Type;
using Origin = Slot::Origin;

constexpr std::uint32_t kEpochs = 1U << 30U;
constexpr Event::Value kMissing;
constexpr Event::Value kEmptyText{
    .epoch = 0, .type = Type::text, .scanned = false, .symbol = 0, .number = 0, .text = ""};

Truth truth(bool yes) noexcept
{
    return yes ? Truth::yes : Truth::no;
}

/// In the order of kFieldNames; `status` and `text` follow.
constexpr std::array<std::string domain::Alert::*, 9> kMembers = {
    &domain::Alert::title,      &domain::Alert::description, &domain::Alert::source,
    &domain::Alert::service,    &domain::Alert::component,   &domain::Alert::group,
    &domain::Alert::class_name, &domain::Alert::dedup_key,   &domain::Alert::integration};
static_assert(kFieldNames[kMembers.size()] == "status" && kFieldNames[kMembers.size() + 1] == "text");

bool find_in(std::string_view text, std::string_view part) noexcept
{
    return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

}  // namespace

/// The details, parsed into memory that is used again.
struct Event::Details {
    simdjson::dom::parser parser;
    bool is_object = false;
};

Event::Event() : details_(std::make_unique<Details>()) {}
Event::~Event() = default;

void Event::start(const Program& program, const domain::Alert& alert, Timestamp now, std::size_t steps)
{
    program_ = &program;
    alert_ = &alert;
    now_ = now;
    if (std::exchange(steps_, steps) != steps) {
        used_up_ = "the rules' budget of " + std::to_string(steps) + " steps an alert is used up";
    }
    steps_left_ = steps;
    over_ = false;
    deadline_ = {};
    dearest_ = kNone;
    most_ = 0;
    if (values_.size() < program.slots().size()) values_.resize(program.slots().size());
    if (memory_.size() < program.remembered()) {
        memory_.resize(program.remembered());
        failed_.resize(program.remembered());
    }
    refresh();
}

void Event::refresh()
{
    next_epoch();
    look_ups_.clear();
    symbols_.clear();
    has_text_ = false;
    lowered_used_ = 0;
    names_.reset();
    errors_.clear();
    read_fields();
    read_labels();
    if (!program_->details().empty()) read_details();
    find_symbols();
}

void Event::next_epoch()
{
    if (++epoch_ < kEpochs) return;
    epoch_ = 1;
    std::ranges::fill(memory_, 0U);
    std::ranges::fill(failed_, Failed{});
    for (auto& value : values_) value.epoch = 0;
}

Event::Value& Event::fresh(std::uint32_t slot)
{
    auto& value = values_[slot];
    value.epoch = epoch_;
    value.scanned = false;
    value.symbol = 0;
    return value;
}

void Event::look_up(std::uint32_t slot, Constant::Type type, std::string_view bytes)
{
    if (!program_->slots()[slot].has_symbols) return;
    look_ups_.push_back({slot, Program::symbol_key(slot, type, bytes)});
    program_->symbols().prefetch(look_ups_.back().key);
}

void Event::find_symbols()
{
    for (const auto& [slot, key] : look_ups_) {
        const auto symbol = program_->symbols().find(key);
        if (symbol == 0) continue;
        values_[slot].symbol = symbol;
        symbols_.push_back(symbol);
    }
}

void Event::set_text(std::uint32_t slot, std::string_view text)
{
    if (program_->slots()[slot].lower) {
        if (lowered_used_ == lowered_.size()) lowered_.emplace_back();
        auto& lower = lowered_[lowered_used_++];
        lower.assign(text);
        for (auto& c : lower) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        text = lower;
    }
    auto& value = fresh(slot);
    value.type = Type::text;
    value.text = text;
    look_up(slot, Constant::Type::text, text);
}

void Event::set_number(std::uint32_t slot, double number, Type type)
{
    if (program_->slots()[slot].lower) return;  // stays missing: an error, as lowerAscii() of a number is
    auto& value = fresh(slot);
    value.type = type;
    value.number = number == 0 ? 0 : number;
    const auto as = type == Type::number    ? Constant::Type::number
                    : type == Type::boolean ? Constant::Type::boolean
                                            : Constant::Type::null;
    if (type != Type::other) look_up(slot, as, bytes_of_number(value.number));
}

std::string_view Event::field(std::uint8_t number)
{
    if (number < kMembers.size()) return alert_->*kMembers[number];
    if (number == kMembers.size()) return domain::to_string(alert_->status);
    if (!has_text_) {
        text_.assign(alert_->title).append(1, '\n').append(alert_->description).append(1, '\n').append(alert_->source);
        has_text_ = true;
    }
    return text_;
}

void Event::read_fields()
{
    for (const auto slot : program_->field_slots()) {
        const auto& info = program_->slots()[slot];
        if (info.origin == Origin::severity) {
            set_number(slot, static_cast<double>(alert_->severity));
        } else {
            set_text(slot, field(info.field));
        }
    }
}

void Event::read_labels()
{
    for (const auto& [name, value] : alert_->labels.entries()) {
        auto slot = program_->label_slot(name);
        while (slot != kNone) {
            set_text(slot, value);
            slot = program_->slots()[slot].next_of_label - 1;  // 0 - 1 is kNone
        }
    }
    for (const auto slot : program_->fallback_slots()) {
        if (values_[slot].epoch != epoch_) set_text(slot, field(program_->slots()[slot].field));
    }
    for (const auto slot : program_->empty_slots()) {
        if (values_[slot].epoch != epoch_) set_text(slot, "");
    }
}

void Event::read_details()
{
    constexpr std::size_t kMaxDepth = 64;  // as expr reads them
    constexpr std::size_t kLeastBytes = 4'096;
    auto& details = *details_;
    details.is_object = false;
    const auto& json = alert_->details;
    if (details.parser.capacity() < json.size() || details.parser.max_depth() != kMaxDepth) {
        if (details.parser.allocate(std::max(json.size() * 2, kLeastBytes), kMaxDepth) != simdjson::SUCCESS) return;
    }
    simdjson::dom::object root;
    if (details.parser.parse(json.data(), json.size()).get_object().get(root) != simdjson::SUCCESS) return;
    details.is_object = true;
    for (const auto& [slot, steps] : program_->details()) {
        simdjson::dom::element at;
        auto object = root;
        bool found = true;
        for (std::size_t i = 0; i < steps.size() && found; ++i) {
            found = object.at_key(steps[i]).get(at) == simdjson::SUCCESS &&
                    (i + 1 == steps.size() || at.get(object) == simdjson::SUCCESS);
        }
        if (!found) continue;
        using Json = simdjson::dom::element_type;
        switch (at.type()) {
            case Json::STRING: set_text(slot, std::string_view(at)); break;
            case Json::INT64: set_number(slot, static_cast<double>(std::int64_t(at))); break;
            case Json::UINT64: set_number(slot, static_cast<double>(std::uint64_t(at))); break;
            case Json::DOUBLE: set_number(slot, double(at)); break;
            case Json::BOOL: set_number(slot, bool(at) ? 1 : 0, Type::boolean); break;
            case Json::NULL_VALUE: set_number(slot, 0, Type::null); break;
            default: set_number(slot, 0, Type::other);
        }
    }
}

const Event::Value& Event::value(std::uint32_t slot) const noexcept
{
    const auto& value = values_[slot];
    if (value.epoch == epoch_) return value;
    return program_->slots()[slot].origin == Origin::label_or_empty ? kEmptyText : kMissing;
}

Truth Event::test(std::uint32_t number)
{
    const auto& predicate = program_->predicates()[number];
    if (predicate.memory != kNone) return test_remembered(number, predicate);
    if (predicate.kind == LeafKind::has) return presence(predicate);
    const auto& value = this->value(predicate.slot);
    if (value.type == Type::missing) return Truth::error;
    switch (predicate.kind) {
        case LeafKind::equals: return truth(value.symbol == predicate.first);
        case LeafKind::in:
            return truth(value.symbol != 0 && std::ranges::binary_search(program_->set_of(predicate), value.symbol));
        case LeafKind::prefix:
        case LeafKind::suffix: return test_text(predicate, value);
        default: break;
    }
    if (value.type != Type::number) return Truth::error;
    switch (predicate.kind) {
        case LeafKind::less: return truth(value.number < predicate.bound);
        case LeafKind::less_equal: return truth(value.number <= predicate.bound);
        case LeafKind::greater: return truth(value.number > predicate.bound);
        default: return truth(value.number >= predicate.bound);
    }
}

Truth Event::presence(const Predicate& predicate) const noexcept
{
    const bool present = value(predicate.slot).type != Type::missing;
    if (!present && program_->slots()[predicate.slot].origin == Origin::detail && !details_->is_object) {
        return Truth::error;
    }
    return truth(present);
}

Truth Event::test_text(const Predicate& predicate, const Value& value) const noexcept
{
    if (value.type != Type::text) return Truth::error;
    const auto text = program_->text_of(predicate);
    return truth(predicate.kind == LeafKind::prefix ? value.text.starts_with(text) : value.text.ends_with(text));
}

Truth Event::test_remembered(std::uint32_t number, const Predicate& predicate)
{
    constexpr unsigned kTruthMask = 3;
    const auto remembered = memory_[predicate.memory];
    if (remembered >> 2U == epoch_) return static_cast<Truth>(remembered & kTruthMask);
    Truth result = Truth::error;
    switch (predicate.kind) {
        case LeafKind::contains: result = contains(predicate); break;
        case LeafKind::regex: result = matches(number, predicate); break;
        default: result = evaluate(number, predicate);
    }
    remember(predicate, result);
    return result;
}

Truth Event::contains(const Predicate& predicate) const
{
    const auto& value = this->value(predicate.slot);
    if (value.type != Type::text) return Truth::error;
    if (predicate.scanned && value.scanned) return Truth::no;  // it would have been found
    return truth(find_in(value.text, program_->text_of(predicate)));
}

Truth Event::matches(std::uint32_t number, const Predicate& predicate)
{
    const auto& value = this->value(predicate.slot);
    if (value.type != Type::text) return Truth::error;
    expr::Budget budget{.steps = steps_left_};
    const auto found = expr::matches(*predicate.regex, value.text, budget);
    if (!found && budget.beside == 0) return over_budget(number);  // what costs less may still be looked for
    pay(number, steps_left_ - budget.steps + budget.beside);
    if (!found) return over_budget(number);
    return truth(*found);
}

Truth Event::evaluate(std::uint32_t number, const Predicate& predicate)
{
    if (steps_left_ == 0) return over_budget(number);
    if (!names_) names_ = expr::names_of(*alert_, now_);
    expr::Budget budget;
    budget.steps = std::min(budget.steps, steps_left_);
    const auto allowed = budget.steps;
    const auto result = expr::evaluate(*predicate.node, *names_, budget);
    pay(number, allowed - budget.steps + budget.beside);
    if (const auto* flag = result.as<bool>()) return truth(*flag);
    const auto* error = result.as<expr::EvalError>();
    over_ = over_ || budget.steps == 0;
    errors_.push_back(error != nullptr ? error->message : "the condition is no true or false");
    return fail(number, errors_.back());
}

Truth Event::fail(std::uint32_t number, const std::string& error)
{
    failed_[program_->predicates()[number].memory] = {.epoch = epoch_, .error = &error};
    return Truth::error;
}

void Event::pay(std::uint32_t number, std::size_t steps)
{
    steps_left_ -= std::min(steps_left_, steps);
    if (!deadline_.has_passed() && deadline_.passes(steps, expr::match_clock())) {
        steps_left_ = 0;
        over_ = true;
        steps = SIZE_MAX;
    }
    if (steps <= most_) return;
    most_ = steps;
    dearest_ = number;
}

Truth Event::over_budget(std::uint32_t number)
{
    over_ = true;
    return fail(number, used_up_);
}

const std::string* Event::error_of(std::uint32_t predicate) const
{
    const auto memory = program_->predicates()[predicate].memory;
    if (memory == kNone || failed_[memory].epoch != epoch_) return nullptr;
    return failed_[memory].error;
}

}  // namespace winnow::rules::index
