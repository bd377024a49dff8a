/// Prints how many bytes a second the journal stores. Not a test: run it by hand, with WINNOW_TEST_FSYNC=on.

#include "integration/pg/fixture.hpp"

#include <cstdio>
#include <thread>

namespace winnow::pg {
namespace {

class JournalBench : public PgTest {};

TEST_F(JournalBench, BytesASecond)
{
    constexpr std::uint64_t kRows = 400;
    const auto streams = make_journal_streams(pipeline());
    ASSERT_TRUE(streams->maintain_partitions());
    const auto tenant = new_tenant();
    const auto stream = streams->open("n").value();
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    for (const std::size_t size : {2'000U, 200'000U}) {
        const std::string payload(size, '\x7f');
        const auto started = std::chrono::steady_clock::now();
        {
            std::vector<std::jthread> writers;
            for (std::uint64_t writer = 0; writer < 3; ++writer) {
                writers.emplace_back([&, writer] {
                    const auto session = streams->session(stream).value();
                    for (std::uint64_t i = 0; i < kRows; ++i) {
                        const domain::RowPosition at{now, stream, size * 10'000 + writer * kRows + i};
                        EXPECT_TRUE(session->append({{tenant, at, 1, payload}}));
                    }
                });
            }
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
        std::printf("rows of %zu bytes: %.0f rows/s, %.1f MB/s\n", size, 3 * kRows / took.count(),
                    3e-6 * kRows * static_cast<double>(size) / took.count());
    }
}

}  // namespace
}  // namespace winnow::pg
