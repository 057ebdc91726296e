package io.millrace.structure;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packages of a bundle use only those below them in docs/architecture.md, so that there are no cycles. */
class PackagesTest {

    private static final Map<String, List<String>> PACKAGES = ArchitecturePage.packages();

    static Stream<String> bundles() {
        return PACKAGES.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void thePageNamesEveryPackage(String bundle) {
        assertThat(PACKAGES.get(bundle)).containsExactlyInAnyOrderElementsOf(Bundle.of(bundle).packages());
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void noPackageUsesOneAboveIt(String bundle) {
        assertThat(Bundle.of(bundle).against(PACKAGES.get(bundle))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void aUseOfAPackageAboveIsFound(String bundle) {
        assertThat(Bundle.of(bundle).against(PACKAGES.get(bundle).reversed())).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("io.millrace.structure.BundlesTest#bundles")
    void everyPackageSaysWhatItHolds(String bundle) {
        assertThat(Bundle.of(bundle).classes()).extracting(JavaClass::getName)
                .containsAll(Bundle.of(bundle).classes().stream().map(type -> type.getPackageName() + ".package-info").collect(Collectors.toSet()));
    }

    @Test
    void everyBundleWhosePackagesUseEachOtherIsThere() {
        assertThat(PACKAGES.keySet()).containsAll(BundlesTest.bundles().filter(bundle -> Bundle.of(bundle).hasOrder()).toList());
    }
}
