package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.kernel.plugin.DeployedFiles.Deployed;
import io.millrace.kernel.plugin.DeployedFiles.Sight;
import io.millrace.kernel.plugin.DeployedFiles.ToDo;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeployedFilesTest {

    private static final Sight HALF = new Sight(50, 1);
    private static final Sight WHOLE = new Sight(100, 2);
    private static final ToDo NOTHING = new ToDo(List.of(), List.of());

    private final DeployedFiles files = new DeployedFiles(Map.of());

    @Test
    void aFileIsTakenWhenItHasStoppedGrowingAndOnlyOnce() {
        assertThat(files.look(Map.of("a.jar", HALF))).isEqualTo(NOTHING);
        assertThat(files.look(Map.of("a.jar", WHOLE))).isEqualTo(NOTHING);
        assertThat(files.look(Map.of("a.jar", WHOLE)).arrived()).containsExactly("a.jar");
        files.done("a.jar", "a");
        assertThat(files.look(Map.of("a.jar", WHOLE))).isEqualTo(NOTHING);
    }

    @Test
    void aFileThatFailedIsTriedAgainWhenItHasChanged() {
        files.look(Map.of("a.jar", HALF));
        files.look(Map.of("a.jar", HALF));
        files.done("a.jar", "");
        assertThat(files.look(Map.of("a.jar", HALF))).isEqualTo(NOTHING);
        files.look(Map.of("a.jar", WHOLE));
        assertThat(files.look(Map.of("a.jar", WHOLE)).arrived()).containsExactly("a.jar");
    }

    @Test
    void aFileThatIsReplacedIsNotGoneInBetween() {
        take("a.jar", "a");
        assertThat(files.look(Map.of())).isEqualTo(NOTHING);
        assertThat(files.look(Map.of("a.jar", HALF))).isEqualTo(NOTHING);
        assertThat(files.look(Map.of("a.jar", HALF)).arrived()).containsExactly("a.jar");
    }

    @Test
    void aDeletedFileIsGoneWithItsPlugin() {
        take("a.jar", "a");
        files.look(Map.of());
        assertThat(files.look(Map.of()).gone()).containsExactly("a.jar");
        assertThat(files.forget("a.jar")).isEqualTo("a");
        assertThat(files.look(Map.of())).isEqualTo(NOTHING);
    }

    @Test
    void anOldFileThatGoesAfterItsSuccessorCameTakesNothingAlong() {
        take("a-1.jar", "a");
        files.look(Map.of("a-1.jar", WHOLE, "a-2.jar", WHOLE));
        files.look(Map.of("a-1.jar", WHOLE, "a-2.jar", WHOLE));
        files.done("a-2.jar", "a");
        files.look(Map.of("a-2.jar", WHOLE));
        assertThat(files.look(Map.of("a-2.jar", WHOLE)).gone()).containsExactly("a-1.jar");
        assertThat(files.forget("a-1.jar")).isEmpty();
    }

    @Test
    void whatWasDeployedBeforeARestartIsKnownAndWhatWentMeanwhileIsGone() {
        DeployedFiles after = new DeployedFiles(Map.of("a.jar", new Deployed(WHOLE, "a"), "b.jar", new Deployed(WHOLE, "b")));
        assertThat(after.look(Map.of("a.jar", WHOLE))).isEqualTo(NOTHING);
        assertThat(after.look(Map.of("a.jar", WHOLE))).isEqualTo(new ToDo(List.of(), List.of("b.jar")));
    }

    private void take(String file, String plugin) {
        files.look(Map.of(file, WHOLE));
        files.look(Map.of(file, WHOLE));
        files.done(file, plugin);
    }
}
