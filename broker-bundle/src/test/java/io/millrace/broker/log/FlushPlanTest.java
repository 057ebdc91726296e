package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.FlushPlan.Backlog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FlushPlanTest {

    private static final int FEW = 20;

    private static List<Backlog<Integer>> logs(int count, int bytes) {
        return IntStream.range(0, count).mapToObj(i -> new Backlog<>(i, bytes, 0)).toList();
    }

    private static int journaled(FlushPlan<?> plan) {
        return plan.journaled().stream().mapToInt(List::size).sum();
    }

    @Test
    void aFewLogsAreSyncedAndManyAreJournaled() {
        assertThat(FlushPlan.of(logs(FEW, 100), FEW).synced()).hasSize(FEW);
        assertThat(FlushPlan.of(logs(FEW, 100), FEW).journaled()).isEmpty();
        FlushPlan<Integer> many = FlushPlan.of(logs(5000, 100), FEW);
        assertThat(many.synced()).isEmpty();
        assertThat(many.journaled().stream().flatMap(List::stream)).hasSize(5000).doesNotHaveDuplicates();
    }

    @Test
    void whatGotMuchAndWhatTheJournalCannotTakeIsSynced() {
        List<Backlog<Integer>> logs = new ArrayList<>(logs(1000, 100));
        logs.add(new Backlog<>(-1, FlushPlan.FEW_BYTES + 1, 0));
        logs.add(new Backlog<>(-2, Integer.MAX_VALUE, 3));
        FlushPlan<Integer> plan = FlushPlan.of(logs, FEW);
        assertThat(plan.synced()).containsExactlyInAnyOrder(-1, -2);
        assertThat(journaled(plan)).isEqualTo(1000);
    }

    @Test
    void aPortionIsSmallSoThatNobodyWaitsForAllOfThem() {
        FlushPlan<Integer> plan = FlushPlan.of(logs(400, FlushPlan.FEW_BYTES), FEW);
        assertThat(plan.journaled()).allSatisfy(portion -> assertThat(portion.size() * FlushPlan.FEW_BYTES).isBetween(1, FlushPlan.PORTION_BYTES));
    }

    @Test
    void theJournalGetsTheSmallestAndNotMoreThanItsPart() {
        List<Backlog<Integer>> logs = new ArrayList<>(logs(1000, FlushPlan.FEW_BYTES));
        IntStream.range(1000, 3000).forEach(i -> logs.add(new Backlog<>(i, 200, 0)));
        FlushPlan<Integer> plan = FlushPlan.of(logs, FEW);
        List<Integer> journaled = plan.journaled().stream().flatMap(List::stream).toList();
        assertThat(journaled).containsAll(IntStream.range(1000, 3000).boxed().toList());
        assertThat(journaled.stream().mapToInt(i -> i < 1000 ? FlushPlan.FEW_BYTES : 200).sum()).isLessThanOrEqualTo(FlushPlan.MOST_JOURNALED_BYTES);
        Set<Integer> all = new HashSet<>(journaled);
        all.addAll(plan.synced());
        assertThat(all).hasSize(3000);
        assertThat(journaled.size() + plan.synced().size()).isEqualTo(3000);
    }

    @Test
    void eachIdleLogHasItsTurnAndTheLongestIdleOneFirst() {
        Map<Integer, Integer> idle = new HashMap<>();
        IntStream.range(0, 90).forEach(i -> idle.put(i, 1 + i % 3));
        List<Integer> order = new ArrayList<>();
        for (int check = 1; !idle.isEmpty(); check++) {
            List<Backlog<Integer>> logs = idle.entrySet().stream().map(log -> new Backlog<>(log.getKey(), 0, log.getValue())).toList();
            List<Integer> synced = FlushPlan.of(logs, FEW).synced();
            assertThat(synced).hasSize(Math.min(FEW, logs.size()));
            order.addAll(synced);
            synced.forEach(idle::remove);
            idle.replaceAll((_, checks) -> checks + 1);
            assertThat(check).isLessThanOrEqualTo(5);
        }
        assertThat(order.subList(0, 30)).allSatisfy(log -> assertThat(log % 3).isEqualTo(2));
    }

    @Test
    void whatIsInTheJournalAndWasAppendedToJustNowIsLeftAlone() {
        FlushPlan<Integer> plan = FlushPlan.of(List.of(new Backlog<>(2, 0, 0)), FEW);
        assertThat(plan.synced()).isEmpty();
        assertThat(plan.journaled()).isEmpty();
    }
}
