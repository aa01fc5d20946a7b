// The contract's own example for browsers, in Node: what it shows on a page is printed as JSON lines here.
// Usage: node example.mjs BASE_URL SOFT_ID
import { io } from 'socket.io-client';

const [base, softId] = process.argv.slice(2);
const say = (what, value) => console.log(JSON.stringify({ what, value }));
const updateProgressBar = (progress) => say('bar', progress);
const showSuccessMessage = (text) => say('success', text);
const showErrorMessage = (text) => say('error', text);

// 连接WebSocket
const socket = io(base.replace('http', 'ws'));

// 监听Docker操作进度
socket.on('docker_progress', (data) => {
  say('docker_progress', data);
  // 更新进度条
  updateProgressBar(data.progress);
});

// 监听Docker操作完成
socket.on('docker_complete', (data) => {
  say('docker_complete', data);
  if (data.success) {
    showSuccessMessage('操作完成');
  } else {
    showErrorMessage('操作失败');
  }
  socket.close();
});

// 拉取镜像
function pullImage(softId) {
  return fetch(`${base}/api/system/soft/pull/${softId}`, {
    method: 'POST'
  })
  .then(response => response.json())
  .then(data => {
    say('answer', data);
    if (data.code === 200) {
      say('log', '开始拉取镜像');
    }
  });
}

socket.on('connect', () => pullImage(softId));
socket.on('connect_error', (error) => {
  showErrorMessage(String(error));
  process.exit(1);
});
