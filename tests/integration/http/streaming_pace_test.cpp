#include "streaming_fixture.hpp"

#include <chrono>
#include <string>
#include <thread>

// How slow the reader of an answer that is made while it is sent may be.

namespace winnow::http {
namespace {

/// Its reader must take 16 KiB a second on average over each two seconds.
class StreamingPace : public Streaming {
protected:
    static constexpr std::size_t kRate = 16 * 1'024;
    static constexpr std::size_t kPiece = 1'024;

    StreamingPace()
    {
        options_.limits.write = 2s;
        options_.limits.min_answer_rate = kRate;
        answer_endlessly(kPiece);
    }

    ~StreamingPace() override { server_.reset(); }

    /// Takes a piece every so often for so long, at `rate` bytes a second, and catches up where the machine was busy.
    /// Whether it was cut off meanwhile; it would see that only after all that the kernels hold.
    bool is_cut_off_at(std::size_t rate, std::chrono::seconds how_long)
    {
        TlsClient client(port(), {.receive_buffer = 4'096});
        client.send(kGet);
        EXPECT_EQ(client.receive_head().status, 200);
        const auto begin = Clock::now();
        const auto cut = cut_short("pace", 1) + "\n";
        for (std::size_t i = 0; Clock::now() < begin + how_long; ++i) {
            std::this_thread::sleep_until(begin + std::chrono::microseconds(1'000'000 * i * kPiece / rate));
            EXPECT_EQ(client.receive_chunk()->size(), kPiece);
            if (metrics_.exposition().contains(cut)) return true;
        }
        return false;
    }
};

TEST_F(StreamingPace, ASteadyReaderAboveTheRateGoesOn)
{
    EXPECT_FALSE(is_cut_off_at(kRate * 3 / 2, 7s)) << "for more than three periods";
}

TEST_F(StreamingPace, ASteadyReaderBelowTheRateDoesNot)
{
    EXPECT_TRUE(is_cut_off_at(kRate / 2, 10s));
}

}  // namespace
}  // namespace winnow::http
