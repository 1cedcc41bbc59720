// git: init, add, commit, log and everyday commands, on the overlay's and the host's files.

import { compareScripts } from "../batch.ts";

// Fixed names and dates make fixed commit ids.
const SETUP = `
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@x
export GIT_AUTHOR_DATE='2024-01-01T00:00:00Z' GIT_COMMITTER_DATE='2024-01-01T00:00:00Z'
git init -q -b main r; cd r; git config gc.auto 0
`;
const END = `
cd ..; rm -rf r
`;

compareScripts("git", {
  "init, add, commit, log": `${SETUP}
echo hello > f; git status -s; git add f; git status -s; git commit -q -m first; git log --oneline; echo more >> f; git diff; git commit -qam second; git log --stat; git show --format=%H HEAD:f; git rev-parse HEAD HEAD~1; git cat-file -p HEAD; git ls-files -s; git ls-tree HEAD
${END}`,
  "branches, merge, conflict, rebase": `${SETUP}
seq 10 > f; git add .; git commit -qm base; git checkout -q -b side; sed -i 1s/1/one/ f; git commit -qam side; git checkout -q main; sed -i s/10/ten/ f; git commit -qam main; git merge -q -m merged side; cat f; git log --oneline --graph; git checkout -q -b other HEAD~2; sed -i s/10/TEN/ f; git commit -qam other; git merge main; echo $?; git status -s; cat f | head -n 20; git merge --abort; git rebase main 2>&1 | head -n 3; git rebase --abort; git branch; git tag v1; git describe --tags; git stash list; echo x > g; git add g; git stash -q; git stash list; git stash pop -q; git status -s
${END}`,
  "clone, push, fetch between folders": `${SETUP}
echo 1 > f; git add f; git commit -qm one; cd ..; git clone -q r s; cd s; git log --oneline; echo 2 > g; git add g; git commit -qm two; git push -q origin HEAD:new; cd ../r; git log --oneline new; git fetch -q ../s; git log -1 --format=%s FETCH_HEAD; git bundle create -q ../b new; git bundle verify -q ../b; cd ..; rm -rf s b; cd r
${END}`,
  "gc, fsck, archive, blame, grep, bisect": `${SETUP}
for i in 1 2 3 4 5 6; do echo line $i >> f; git add f; git commit -qm c$i; done; git fsck; git gc -q; git count-objects -v | grep -v size; git fsck; git blame -s f; git grep -n 'line [35]'; git archive HEAD | tar t; git log --format='%h %s' -3; git shortlog -s HEAD; git bisect start HEAD HEAD~5 2>&1 | tail -n 1; git bisect run sh -c '[ $(wc -l < f) -lt 4 ]' | grep 'first bad' ; git bisect reset 2>/dev/null; git diff --stat HEAD~2; git format-patch -1 --stdout | head -n 20; git rev-list --count HEAD
${END}`,
  "a repository of 200 files": `${SETUP}
for i in $(seq 200); do mkdir -p d$((i%10)); seq $i > d$((i%10))/f$i; done; git add .; git commit -qm many; git status -s; git rev-parse HEAD^{tree}; git rm -rq d3; git status -s | wc -l; git reset -q --hard; git clean -n; echo x > d1/new; git clean -fq; git status -s
${END}`,
  "errors and help":
    `git status; echo $?; git nosuch; echo $?; git --version | cut -d' ' -f1-2; git init -q --bare b; ls b; git -C b rev-parse --is-bare-repository; rm -rf b`,
}, { shell: "/bin/bash", needs: ["git"], seconds: 120 });
