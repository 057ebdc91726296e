package io.millrace.connect.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionRequirementTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1.2          | 1.2.0     | true",
        "1.2          | 1.2.1     | false",
        "[1.2]        | 1.2       | true",
        "[1.0,2.0)    | 1.0       | true",
        "[1.0,2.0)    | 1.99.3    | true",
        "[1.0,2.0)    | 2.0       | false",
        "[1.0,2.0)    | 1.0-rc1   | false",
        "(1.0,2.0]    | 1.0       | false",
        "(1.0,2.0]    | 2.0.0     | true",
        "(,1.0],[1.2,)| 1.1       | false",
        "(,1.0],[1.2,)| 0.9       | true",
        "(,1.0],[1.2,)| 7         | true",
        "[3.6,)       | 3.6.1.Final | true",
        "latest       | 0.1       | true"})
    void aRequirementAcceptsWhatMavensNotationSays(String requirement, String version, boolean accepted) {
        assertThat(VersionRequirement.of(requirement).accepts(version)).isEqualTo(accepted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1.0", "1.0)", "[2,1]", "[1,2],", "1,2", "[]", "(1)", "[1,2,3]", "[1,2][3,4]"})
    void whatIsNoRequirementIsRefusedByItsText(String text) {
        assertThatThrownBy(() -> VersionRequirement.of(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("'" + text + "'");
    }

    @Test
    void versionsAreInMavensOrder() {
        List<String> rising = List.of("0.9", "1-alpha-1", "1-beta2", "1-m3", "1.0.0-rc1", "1-snapshot", "1", "1-sp1", "1-jre", "1.0.1", "1.1", "1.9", "1.10",
                "2.0.0.all", "10");
        for (int low = 0; low < rising.size(); low++) {
            for (int high = 0; high < rising.size(); high++) {
                assertThat(Integer.signum(new PluginVersion(rising.get(low)).compareTo(new PluginVersion(rising.get(high)))))
                        .as("%s and %s", rising.get(low), rising.get(high)).isEqualTo(Integer.compare(low, high));
            }
        }
    }

    @Test
    void sameVersionsMayBeWrittenInSeveralWays() {
        for (List<String> same : List.of(List.of("1", "1.0.0"), List.of("1.0-rc1", "1.0.0.CR1"), List.of("3.6.1", "3.6.1.Final", "3.6.1-GA"),
                List.of("1a1", "1-alpha-1"))) {
            PluginVersion one = new PluginVersion(same.getFirst());
            same.forEach(other -> assertThat(one).isEqualTo(new PluginVersion(other)).hasSameHashCodeAs(new PluginVersion(other)));
        }
    }

    @Test
    void nothingAskedForIsNoRequirement() {
        assertThat(VersionRequirement.of(null)).isSameAs(VersionRequirement.NONE);
        assertThat(VersionRequirement.of("  ")).isSameAs(VersionRequirement.NONE);
    }
}
