package io.millrace.broker.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Puts a folder into a state that a crash leaves while cleaned segments take their places, of a partition as it was before and as it was after. */
record InterruptedSwap(Path before, Path after) {

    /** In the order in which they happen. */
    enum Step {
        HALF_WRITTEN, WRITTEN, INDEXES_READY, READY, SECOND_GONE, OTHERS_GONE, INDEXES_IN_PLACE, IN_PLACE, OTHERS_DELETED;

        private boolean isAfter(Step other) {
            return compareTo(other) >= 0;
        }
    }

    private static final List<String> INDEXES = List.of(".index", ".timeindex", ".txnindex");

    /** Of the segments before, those that became one segment each, without the active one. */
    List<List<Long>> groups() throws IOException {
        List<Long> old = bases(before);
        List<Long> now = bases(after);
        List<List<Long>> groups = new ArrayList<>();
        for (int i = 0; i < now.size() - 1; i++) {
            long from = now.get(i);
            long to = now.get(i + 1);
            groups.add(old.stream().filter(base -> base >= from && base < to).toList());
        }
        return groups;
    }

    private static List<Long> bases(Path partition) throws IOException {
        return new PartitionFolder(partition).content().logs();
    }

    /** @param crashed a copy of what was before */
    void arrange(Path crashed, List<Long> group, Step step) throws IOException {
        String index = step.isAfter(Step.INDEXES_IN_PLACE) ? "" : step.isAfter(Step.INDEXES_READY) ? ".swap" : ".cleaned";
        String log = step.isAfter(Step.IN_PLACE) ? "" : step.isAfter(Step.READY) ? ".swap" : ".cleaned";
        if (step.isAfter(Step.SECOND_GONE)) {
            List<Long> others = group.subList(1, group.size());
            for (long base : step == Step.SECOND_GONE && !others.isEmpty() ? others.subList(0, 1) : others) {
                retire(crashed, base, step == Step.OTHERS_DELETED);
            }
        }
        String name = PartitionFolder.name(group.getFirst());
        for (String suffix : INDEXES) {
            put(after.resolve(name + suffix), crashed.resolve(name + suffix + index));
        }
        Path to = crashed.resolve(name + ".log" + log);
        put(after.resolve(name + ".log"), to);
        if (step == Step.HALF_WRITTEN) {
            try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2 + 3);
            }
        }
    }

    private static void retire(Path crashed, long base, boolean delayIsOver) throws IOException {
        Path file = crashed.resolve(PartitionFolder.name(base) + ".log");
        Files.move(file, file.resolveSibling(file.getFileName() + ".deleted"));
        if (delayIsOver) {
            for (String suffix : List.of(".log.deleted", ".index", ".timeindex", ".txnindex", ".snapshot")) {
                Files.deleteIfExists(crashed.resolve(PartitionFolder.name(base) + suffix));
            }
        }
    }

    private static void put(Path from, Path to) throws IOException {
        Files.deleteIfExists(to);
        if (Files.exists(from)) {
            Files.copy(from, to);
        } else {
            Files.createFile(to);
        }
    }
}
