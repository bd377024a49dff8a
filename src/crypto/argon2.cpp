#include "winnow/crypto/argon2.hpp"

#include "crypto/argon2_inputs.hpp"
#include "winnow/crypto/digest.hpp"

#include <argon2.h>

#include <algorithm>
#include <new>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>

namespace winnow::crypto {

namespace {

constexpr std::size_t kBlockBytes = 1'024;
constexpr std::size_t kShortestPepper = 32;
constexpr std::size_t kLongestPepperId = 32;

// libargon2 asks for memory by a function without a context: these two pass it what this thread's call is about.
thread_local std::span<std::uint8_t> own_memory;

int take_memory(std::uint8_t** memory, std::size_t bytes)
{
    const bool fits = bytes <= own_memory.size();
    *memory = fits ? own_memory.data() : static_cast<std::uint8_t*>(::operator new(bytes, std::nothrow));
    return *memory == nullptr ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

void give_memory_back(std::uint8_t* memory, std::size_t /*bytes*/)
{
    if (memory != own_memory.data()) ::operator delete(memory);
}

std::uint8_t* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // only read, as the flags say
}

bool is_sane(const Argon2Cost& cost) noexcept
{
    return cost.passes >= 1 && cost.passes <= kLargestCost.passes && cost.memory_kib >= 8 &&
           cost.memory_kib <= kLargestCost.memory_kib;
}

/// Of a password that nobody has: only the time that it takes is wanted.
PasswordHash dummy(const Peppers& peppers, const Argon2Cost& cost)
{
    return {.salt = std::string(PasswordHash::kSaltBytes, 's'),
            .tag = std::string(PasswordHash::kTagBytes, '\0'),
            .cost = cost,
            .pepper_id = peppers.current().id};
}

}  // namespace

Result<std::string> argon2id(const Argon2Inputs& inputs, std::span<std::uint8_t> memory)
{
    std::string tag(inputs.tag_bytes, '\0');
    argon2_context context{};
    context.out = reinterpret_cast<std::uint8_t*>(tag.data());
    context.outlen = inputs.tag_bytes;
    context.pwd = bytes_of(inputs.password);
    context.pwdlen = static_cast<std::uint32_t>(inputs.password.size());
    context.salt = bytes_of(inputs.salt);
    context.saltlen = static_cast<std::uint32_t>(inputs.salt.size());
    context.secret = bytes_of(inputs.secret);
    context.secretlen = static_cast<std::uint32_t>(inputs.secret.size());
    context.ad = bytes_of(inputs.associated);
    context.adlen = static_cast<std::uint32_t>(inputs.associated.size());
    context.t_cost = inputs.passes;
    context.m_cost = inputs.memory_kib;
    context.lanes = inputs.lanes;
    context.threads = 1;
    context.version = ARGON2_VERSION_13;
    context.allocate_cbk = &take_memory;
    context.free_cbk = &give_memory_back;
    context.flags = ARGON2_DEFAULT_FLAGS;
    own_memory = memory;
    const int end = argon2id_ctx(&context);
    own_memory = {};
    if (end == ARGON2_OK) return tag;
    if (end == ARGON2_MEMORY_ALLOCATION_ERROR) {
        return Error(ErrorCode::unavailable, "there is no memory to check a password with");
    }
    return Error(ErrorCode::internal, "a password cannot be hashed");
}

std::string problem_of_cost(const Argon2Cost& cost)
{
    const auto reaches = [&](const Argon2Cost& least) {
        return cost.memory_kib >= least.memory_kib && cost.passes >= least.passes;
    };
    if (!reaches(kStandardCost) && !reaches(kSmallestCost)) {
        return "must be at least " + std::to_string(kStandardCost.memory_kib) + " KiB with " +
               std::to_string(kStandardCost.passes) + " pass, or " + std::to_string(kSmallestCost.memory_kib) +
               " KiB with " + std::to_string(kSmallestCost.passes) + " passes";
    }
    if (!is_sane(cost)) {
        return "must be at most " + std::to_string(kLargestCost.memory_kib) + " KiB and " +
               std::to_string(kLargestCost.passes) + " passes";
    }
    return {};
}

Peppers::Peppers(std::vector<Pepper> all) : all_(std::move(all))
{
    if (all_.empty()) throw std::invalid_argument("passwords need a pepper");
    std::set<std::string_view> ids;
    for (const auto& pepper : all_) {
        if (pepper.id.empty() || pepper.id.size() > kLongestPepperId) {
            throw std::invalid_argument("a pepper's id must have 1 to " + std::to_string(kLongestPepperId) +
                                        " characters");
        }
        if (pepper.secret.size() < kShortestPepper) {
            throw std::invalid_argument("the pepper '" + pepper.id + "' must have at least " +
                                        std::to_string(kShortestPepper) + " bytes");
        }
        if (!ids.insert(pepper.id).second) {
            throw std::invalid_argument("there are two peppers with the id '" + pepper.id + "'");
        }
    }
}

const Pepper* Peppers::find(std::string_view id) const noexcept
{
    const auto found = std::ranges::find(all_, id, &Pepper::id);
    return found == all_.end() ? nullptr : &*found;
}

struct Argon2Arena::Memory {
    explicit Memory(std::size_t count) : bytes(count, 1) {}  // written to, so that the system has given it

    std::vector<std::uint8_t> bytes;
};

Argon2Arena::Argon2Arena(const Argon2Cost& usual)
    : memory_(std::make_unique<Memory>(std::size_t{usual.memory_kib} * kBlockBytes))
{
}

Argon2Arena::~Argon2Arena() = default;
Argon2Arena::Argon2Arena(Argon2Arena&& other) noexcept = default;
Argon2Arena& Argon2Arena::operator=(Argon2Arena&& other) noexcept = default;

Result<std::string> Argon2Arena::argon2id(std::string_view password, std::string_view salt, std::string_view pepper,
                                          const Argon2Cost& cost)
{
    if (!is_sane(cost)) return Error(ErrorCode::internal, "a password is stored at a cost that is none");
    return crypto::argon2id({.password = password,
                             .salt = salt,
                             .secret = pepper,
                             .memory_kib = cost.memory_kib,
                             .passes = cost.passes,
                             .tag_bytes = PasswordHash::kTagBytes},
                            memory_->bytes);
}

Result<PasswordHash> hash_password(Argon2Arena& arena, const Peppers& peppers, const Argon2Cost& cost,
                                   std::string_view password)
{
    const auto& pepper = peppers.current();
    PasswordHash hash{.salt = random_bytes(PasswordHash::kSaltBytes), .tag = {}, .cost = cost, .pepper_id = pepper.id};
    auto tag = arena.argon2id(password, hash.salt, pepper.secret, cost);
    if (!tag) return tag.error();
    hash.tag = std::move(*tag);
    return hash;
}

Result<bool> verify_password(Argon2Arena& arena, const Peppers& peppers, const Argon2Cost& cost,
                             std::string_view password, const PasswordHash* known)
{
    const auto& hash = known == nullptr ? dummy(peppers, cost) : *known;
    const auto* const pepper = peppers.find(hash.pepper_id);
    if (pepper == nullptr) return Error(ErrorCode::internal, "a password is stored under a pepper that is not there");
    const auto tag = arena.argon2id(password, hash.salt, pepper->secret, hash.cost);
    if (!tag) return tag.error();
    return constant_time_equal(*tag, hash.tag) && known != nullptr;
}

bool is_outdated(const PasswordHash& hash, const Peppers& peppers, const Argon2Cost& cost) noexcept
{
    return hash.cost != cost || hash.pepper_id != peppers.current().id;
}

}  // namespace winnow::crypto
