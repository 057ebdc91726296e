package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Retention against what the documentation says of it, computed the slow way. */
class RetentionTest {

    private record Piece(long base, long end, int bytes, long newest) {}

    @Test
    void exactlyTheSegmentsGoThatTheRulesName() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            List<Piece> log = log(random);
            long total = log.stream().mapToLong(Piece::bytes).sum();
            String policy = random.nextInt(4) == 0 ? "compact" : "delete";
            long retentionMs = random.nextInt(4) == 0 ? -1 : random.nextInt(200);
            long retentionBytes = random.nextInt(3) == 0 ? -1 : random.nextInt((int) total + 100);
            long end = log.getLast().end;
            long start = random.nextInt(4) == 0 ? random.nextLong(end + 1) : 0;
            long readable = random.nextInt(3) == 0 ? random.nextLong(end + 1) : end;
            long now = 1000;
            LogLimits limits = LogLimits.of(LogConfig.of(Map.of("cleanup.policy", policy, "retention.ms", "" + retentionMs,
                    "retention.bytes", "" + retentionBytes)));

            Retention retention = new Retention(limits, total, start, readable, now);
            int taken = 0;
            while (taken < log.size()
                    && retention.takes(log.get(taken).end, log.get(taken).bytes, log.get(taken).newest, taken == log.size() - 1)) {
                taken++;
            }

            assertThat(taken).as("seed %d round %d: %s %s ms=%d bytes=%d start=%d readable=%d", seed, round, log, policy, retentionMs, retentionBytes,
                    start, readable).isEqualTo(expected(log, policy.equals("delete"), retentionMs, retentionBytes, start, readable, now));
        }
    }

    /** How many first segments go: each must be wanted by none, and none before it may be wanted. */
    private static int expected(List<Piece> log, boolean deletes, long retentionMs, long retentionBytes, long start, long readable, long now) {
        for (int i = 0; i < log.size(); i++) {
            Piece piece = log.get(i);
            long keptWithout = log.subList(i + 1, log.size()).stream().mapToLong(Piece::bytes).sum();
            boolean beforeStart = piece.end <= start;
            boolean tooOld = deletes && retentionMs != -1 && piece.newest < now - retentionMs;
            boolean enoughWithout = deletes && retentionBytes != -1 && keptWithout >= retentionBytes;
            boolean unread = piece.end > readable;
            boolean empty = piece.bytes == 0 && i == log.size() - 1;
            if (unread || empty || !(beforeStart || tooOld || enoughWithout)) {
                return i;
            }
        }
        return log.size();
    }

    private static List<Piece> log(Random random) {
        List<Piece> log = new ArrayList<>();
        long offset = 0;
        int segments = 1 + random.nextInt(6);
        for (int i = 0; i < segments; i++) {
            boolean active = i == segments - 1;
            boolean empty = random.nextInt(active ? 4 : 8) == 0;
            long end = empty && active ? offset : offset + 1 + random.nextInt(10);
            log.add(new Piece(offset, end, empty ? 0 : 1 + random.nextInt(100), 1000 - random.nextInt(300)));
            offset = end;
        }
        return log;
    }
}
