#pragma once

/// @file
/// In which order the answers of a tenant that are read page by page get their next page.

#include "winnow/base/uuid.hpp"

#include <functional>
#include <memory>

namespace winnow::api {

/// Of a tenant's pages one is on its way at a time, and the next one begins when it ends, in the order in which they
/// were asked for. So however many such answers a tenant has, one page stands in the lines that it shares with others,
/// and its people wait for one at most. Thread-safe.
class PageLine {
    struct State;

public:
    /// Being on one's way: ends with leave() or with this.
    class Place {
    public:
        Place(std::shared_ptr<State> state, TenantId tenant);
        Place(Place&&) noexcept = default;
        Place& operator=(Place&&) = delete;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() { leave(); }

        /// Begins the next one, on this thread.
        void leave();

    private:
        std::shared_ptr<State> state_;  ///< Null: it has left.
        TenantId tenant_;
    };

    using Begin = std::move_only_function<void(Place)>;  ///< Must not throw, nor block.

    PageLine();

    /// Calls `begin` when it is its turn: now, or later on the thread of another one that ends.
    void enter(TenantId tenant, Begin begin);

private:
    const std::shared_ptr<State> state_;  // outlived by places
};

}  // namespace winnow::api
