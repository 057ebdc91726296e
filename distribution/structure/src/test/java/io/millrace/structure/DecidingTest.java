package io.millrace.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What decides, and all of the project that it uses, has no threads, clocks, sockets or files: those are given to it, as values. */
class DecidingTest {

    private static final List<String> SHELL = List.of("java.lang.Thread", "java.util.Timer", "java.util.concurrent.locks.", "java.util.concurrent.Executor",
            "java.util.concurrent.CountDownLatch", "java.util.concurrent.Semaphore", "java.util.concurrent.ThreadLocalRandom", "java.time.Clock",
            "java.nio.channels.", "java.nio.file.Files", "java.io.File", "java.io.RandomAccessFile", "java.net.Socket", "java.net.ServerSocket");
    private static final Set<String> ASKED_OF_THE_MACHINE = Set.of("java.lang.System.nanoTime", "java.lang.System.currentTimeMillis",
            "java.time.Instant.now", "java.lang.Math.random", "java.util.UUID.randomUUID", "org.apache.kafka.common.Uuid.randomUuid",
            "java.util.concurrent.CompletableFuture.get", "java.util.concurrent.CompletableFuture.join", "java.lang.Object.wait");

    @ParameterizedTest
    @ValueSource(strings = {
        "io.millrace.broker.group.GroupShard",
        "io.millrace.broker.transaction.TransactionShard",
        "io.millrace.broker.log.ProducerStates",
        "io.millrace.broker.log.clean.Cleaning",
        "io.millrace.broker.log.clean.CompactionPolicy",
        "io.millrace.broker.log.clean.SegmentGroups",
        "io.millrace.broker.metadata.ClusterImage",
        "io.millrace.broker.metadata.ConfigRules",
        "io.millrace.broker.metadata.RecordCodec",
        "io.millrace.broker.quota.RateMeters",
        "io.millrace.broker.quota.TokenBucket",
        "io.millrace.broker.quota.QuotaAlteration",
        "io.millrace.broker.wire.RequestGuard",
        "io.millrace.connect.catalog.VersionRequirement",
        "io.millrace.connect.herder.Restarts",
        "io.millrace.connect.herder.SinkOffset",
        "io.millrace.kernel.archive.Budget",
        "io.millrace.kernel.archive.EntryName",
        "io.millrace.kernel.jmx.Rate",
        "io.millrace.streams.job.Compatibility",
        "io.millrace.streams.job.RestartBudget",
        "io.millrace.streams.plan.PlanBuilder",
        "io.millrace.streams.task.Task"})
    void whatDecidesHasNoThreadsClocksSocketsOrFiles(String root) {
        assertThat(shellOf(root)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "io.millrace.broker.coordinator.Clockwork",
        "io.millrace.broker.log.SegmentedLog",
        "io.millrace.broker.network.Listener",
        "io.millrace.streams.job.Worker"})
    void whatDoesIsToldFromWhatDecides(String root) {
        assertThat(shellOf(root)).isNotEmpty();
    }

    @Test
    void whatIsUsedIsLookedAtToo() {
        assertThat(reached("io.millrace.broker.group.GroupShard")).extracting(JavaClass::getSimpleName).contains("Group", "Member", "Membership");
    }

    private static List<String> shellOf(String root) {
        List<String> found = new ArrayList<>();
        for (JavaClass reached : reached(root)) {
            reached.getDirectDependenciesFromSelf().stream().filter(use -> isShell(use.getTargetClass().getName())).forEach(use -> found.add(use.getDescription()));
            reached.getAccessesFromSelf().stream().filter(access -> ASKED_OF_THE_MACHINE.contains(called(access))).forEach(access -> found.add(access.getDescription()));
            reached.getCodeUnits().stream().filter(code -> code.getModifiers().contains(JavaModifier.SYNCHRONIZED)).map(JavaCodeUnit::getDescription).forEach(found::add);
        }
        return found;
    }

    private static boolean isShell(String name) {
        return SHELL.stream().anyMatch(name::startsWith);
    }

    private static String called(JavaAccess<? extends AccessTarget> access) {
        return access.getTargetOwner().getName() + "." + access.getName();
    }

    /** The class and, from there on, all that is used of its bundle. */
    private static Set<JavaClass> reached(String root) {
        Set<JavaClass> reached = new LinkedHashSet<>();
        Deque<JavaClass> open = new ArrayDeque<>(List.of(Bundle.ALL.get(root)));
        while (!open.isEmpty()) {
            JavaClass next = open.pop();
            if (reached.add(next)) {
                uses(next).filter(used -> used.getName().startsWith("io.millrace.")).forEach(open::push);
            }
        }
        return reached;
    }

    private static Stream<JavaClass> uses(JavaClass from) {
        return from.getDirectDependenciesFromSelf().stream().map(use -> use.getTargetClass().getBaseComponentType());
    }
}
