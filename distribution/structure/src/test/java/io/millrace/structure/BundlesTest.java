package io.millrace.structure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bundles use those that docs/architecture.md says, and no others. */
class BundlesTest {

    private static final Map<String, List<String>> BUNDLES = ArchitecturePage.bundles();

    static Stream<String> bundles() {
        return BUNDLES.keySet().stream().filter(bundle -> !bundle.equals("io.millrace.kafka.api"));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void aBundleUsesOnlyThoseOfItsRow(String bundle) {
        assertThat(strangers(bundle, BUNDLES.get(bundle))).isEmpty();
    }

    @Test
    void whatStartsTheFrameworkUsesNoBundleAndTheCommandLineOnlyWhatStarts() {
        assertThat(strangers("io.millrace.launcher", List.of())).isEmpty();
        assertThat(strangers("io.millrace.cli", List.of("launcher"))).isEmpty();
    }

    @Test
    void aUseThatTheTableDoesNotHaveIsFound() {
        assertThat(strangers("io.millrace.broker", List.of("kafka-api"))).isNotEmpty();
    }

    private static List<String> strangers(String name, List<String> allowed) {
        Bundle bundle = Bundle.of(name);
        return bundle.uses().filter(use -> !bundle.contains(use.getTargetClass()))
                .filter(use -> allowed.stream().map(other -> "io.millrace." + other)
                        .noneMatch(other -> (use.getTargetClass().getPackageName() + ".").startsWith(other + ".")))
                .map(Bundle::told).distinct().sorted().toList();
    }
}
