#pragma once

/// @file
/// Whose connection has a place, and whose goes when there is none left. Pure: no sockets, no clock, no lock.

#include "http/places/prefix.hpp"
#include "http/places/recent_prefixes.hpp"
#include "winnow/base/uuid.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

namespace winnow::http {

struct PlaceLimits {
    std::size_t total = 12'000;
    std::size_t per_prefix = 1'024;
    std::size_t newcomers_per_prefix = 256;  ///< Of a prefix that showed no key lately.
    std::size_t streams_per_tenant = 64;     ///< At most half of what a tenant may have busy.
};

/// The books of one listener. A connection is a newcomer until a request on it was authenticated; from then on it is
/// its caller's, busy during a request and idle between two. Newcomers whose prefix showed a key lately stand in a line
/// of their own (returning), so that strangers, however many, displace strangers only. One that streams is busy for as
/// long as its reader likes, so unlike other busy ones it goes where its place is wanted.
///
/// Every operation takes constant time. Belongs to one thread, or its owner's lock.
class Places {
    struct Party;
    struct Tenant;

    template <typename T>
    using Line = std::list<T*>;  ///< Who came first stands first.

    /// What stands in a line: made with its owner and moved from line to line, so that nobody needs memory to be moved.
    template <typename T>
    struct Node {
        explicit Node(T* owner) : home{owner}, at(home.begin()) {}
        void join(Line<T>& line) noexcept { line.splice(line.end(), home, at); }
        void leave(Line<T>& line) noexcept { home.splice(home.end(), line, at); }
        Line<T> home;
        typename Line<T>::iterator at;
    };

public:
    using Time = std::chrono::steady_clock::time_point;

    enum class Stage : std::uint8_t {
        outside,    ///< Has no place: not yet, not any more, or displaced.
        stranger,   ///< A newcomer.
        returning,  ///< A newcomer of a prefix that showed a key lately, or of a trusted proxy.
        idle,
        busy,
        streaming,  ///< Busy with an answer that may go on for long.
    };

    /// One connection's. Stays where it is from arrive() to leave().
    class Place {
    public:
        Place() = default;
        virtual ~Place() = default;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        [[nodiscard]] Stage stage() const noexcept { return stage_; }

    private:
        friend class Places;
        Stage stage_ = Stage::outside;
        Prefix prefix_;
        Party* party_ = nullptr;      ///< While it has a place.
        Tenant* tenant_ = nullptr;    ///< While it is idle, busy or streaming.
        Node<Place> in_line_{this};   ///< Of its stage.
        Node<Place> of_party_{this};  ///< Its party's newcomers.
    };

    enum class Refused : std::uint8_t { no, total, prefix };

    struct Arrival {
        Refused refused = Refused::no;
        Place* displaced = nullptr;  ///< Has lost its place to the new one, and is outside now.
        Stage was = Stage::outside;  ///< What the displaced one was before.
    };

    /// `seed`: dice. See RecentPrefixes.
    Places(PlaceLimits limits, std::uint64_t seed);

    /// A new connection. `trusted`: a proxy that many clients stand behind.
    [[nodiscard]] Arrival arrive(Place& place, const Prefix& prefix, bool trusted, Time now);

    /// A request on it was authenticated as `caller`'s. False, and nothing changed, where the caller has as many at
    /// work as one may. True for one that is outside: it is on its way out, and may finish.
    [[nodiscard]] bool begin(Place& place, const Uuid& caller, Time now);

    /// The answer to the request that was begun is a stream. False, and nothing changed, where its caller has as many
    /// as one may. True where it is one already, and for whoever is counted nowhere: a newcomer, or one that is
    /// outside.
    [[nodiscard]] bool stream(Place& place);

    /// The request was answered. No-op where none was begun.
    void end(Place& place) noexcept;

    /// The connection is closed. No-op for one that is outside.
    void leave(Place& place, Time now) noexcept;

    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }
    [[nodiscard]] std::size_t newcomers() const noexcept { return strangers_.size() + returning_.size(); }
    /// Of one caller, busy at the same time: half of what is left beside newcomers.
    [[nodiscard]] std::size_t most_busy() const noexcept { return most_busy_; }
    [[nodiscard]] std::size_t streams() const noexcept { return streams_; }
    /// Of one caller, at the same time.
    [[nodiscard]] std::size_t most_streams() const noexcept { return most_streams_; }

private:
    /// Who counts as one: the connections of a prefix.
    struct Party {
        std::size_t open = 0;
        Line<Place> newcomers;
    };
    struct Tenant {
        explicit Tenant(const Uuid& caller) : id(caller) {}
        Uuid id;
        std::size_t busy = 0;  ///< With those that stream.
        Line<Place> idle;      ///< Who has been so for longest stands first.
        Line<Place> streams;   ///< Who has been so for longest stands first.
        Node<Tenant> by_idle{this};
        Node<Tenant> by_streams{this};
    };
    /// Tenants by how many of one kind they have.
    class Ladder {
    public:
        /// Memory for `count` of one tenant: climbing must not need any.
        void make_room(std::size_t count)
        {
            if (rungs_.size() <= count) rungs_.resize(count + 1);
        }
        /// It has one more, `count` now.
        void climb(Node<Tenant>& tenant, std::size_t count) noexcept;
        /// It has one less, `count` now.
        void descend(Node<Tenant>& tenant, std::size_t count) noexcept;
        /// One of those that have most; null where none has any.
        [[nodiscard]] Tenant* most() const noexcept { return highest_ > 0 ? rungs_[highest_].front() : nullptr; }

    private:
        std::vector<Line<Tenant>> rungs_;
        std::size_t highest_ = 0;  ///< The highest one on which somebody stands; 0: nobody has any.
    };

    [[nodiscard]] Place* somebody_to_go(const Place& place, const Party& party) const noexcept;
    void displace(Place& place) noexcept;
    void depart(Place& place) noexcept;
    void end_stream(Place& place) noexcept;
    void forget_if_unused(Tenant& tenant) noexcept;
    [[nodiscard]] Line<Place>& line_of(const Place& place) noexcept
    {
        return place.stage_ == Stage::stranger ? strangers_ : returning_;
    }

    const PlaceLimits limits_;
    const std::size_t most_newcomers_;  ///< Of each of the two lines.
    const std::size_t most_busy_;
    const std::size_t most_streams_;
    std::size_t taken_ = 0;
    std::size_t streams_ = 0;
    Line<Place> strangers_;
    Line<Place> returning_;
    RecentPrefixes recent_;
    std::unordered_map<Prefix, Party> parties_;
    std::unordered_map<Uuid, Tenant> tenants_;
    Ladder idle_;
    Ladder streaming_;
};

}  // namespace winnow::http
